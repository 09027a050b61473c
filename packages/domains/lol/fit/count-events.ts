import type { LolRaw } from '../contract.ts'
import type { ActivityCounts } from './activity-statistics.ts'

const secondOf = ({ datetime, createRoomDate }: Pick<LolRaw, 'datetime' | 'createRoomDate'>): number =>
  Math.floor((Date.parse(datetime) - Date.parse(createRoomDate!)) / 1000)

/** Clicks and keys per second of each player, from the events of one match of each. */
export function countEvents(events: readonly LolRaw[]): ActivityCounts[] {
  return [...Map.groupBy(events, ({ account }) => account).values()].map(own => {
    const seconds = secondOf(own.at(-1)!)
    const clicks = new Array<number>(seconds).fill(0)
    const keys = new Array<number>(seconds).fill(0)
    for (const event of own) {
      const second = secondOf(event)
      if (second < seconds && event.method !== '/wait') (event.inputkey === 'none' ? clicks : keys)[second]!++
    }
    return { clicks, keys }
  })
}
