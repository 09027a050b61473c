import { type LolAlert, type LolRaw, lol } from '@millrace/domains/lol/contract'
import type { LogReader, LogRecord } from '@millrace/event-log'

/** Newest records of a partition that are searched. */
const MOST_RECORDS = 300_000

/** The actions of one player in one match, in the order of the log, and the alerts about them. */
export interface PlayerMatch {
  readonly account: string
  /** Empty where the client sent none. */
  readonly room: string
  readonly records: readonly LogRecord[]
  readonly alerts: readonly LolAlert[]
}

type OfMatch = Pick<LolRaw, 'account' | 'roomID'>

/** Records of a topic whose player or match is asked for. */
async function* recordsOf(
  log: LogReader,
  topic: string,
  subject: string,
): AsyncGenerator<{ readonly record: LogRecord; readonly event: OfMatch }> {
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, Math.max(earliest, end - MOST_RECORDS), end))
      for (const record of records) {
        if (!record.value.includes(subject)) continue
        const event = JSON.parse(record.value.toString('utf8')) as OfMatch
        if (event.account === subject || event.roomID === subject) yield { record, event }
      }
}

const keyOf = ({ account, roomID = '' }: OfMatch): string => `${roomID}\n${account}`

/** What a player did in each match, or the players of a match, from the newest records of the log. @param subject match or account */
export async function findMatches(log: LogReader, subject: string): Promise<readonly PlayerMatch[]> {
  const found = new Map<string, { account: string; room: string; records: LogRecord[]; alerts: LolAlert[] }>()
  for await (const { record, event } of recordsOf(log, lol.topics.raw.name, subject)) {
    const key = keyOf(event)
    const match = found.get(key) ?? { account: event.account, room: event.roomID ?? '', records: [], alerts: [] }
    found.set(key, match)
    match.records.push(record)
  }
  for await (const { event } of recordsOf(log, lol.topics.alerts.name, subject)) {
    const alert = event as LolAlert
    const alerts = found.get(keyOf(alert))?.alerts
    if (alerts && !alerts.some(({ eventId }) => eventId === alert.eventId)) alerts.push(alert)
  }
  return [...found.values()]
}

/** The player and match with the most alerts, of equal ones that with the highest; null without alerts. */
export async function findWorst(log: LogReader): Promise<PlayerMatch | null> {
  const counts = new Map<string, { readonly account: string; readonly room: string; alerts: number; score: number }>()
  const { name } = lol.topics.alerts
  for (const { partition, earliest, end } of await log.range(name))
    for await (const records of log.read(name, partition, Math.max(earliest, end - MOST_RECORDS), end))
      for (const { value } of records) {
        const { account, roomID: room = '', score } = JSON.parse(value.toString('utf8')) as LolAlert
        const key = keyOf({ account, roomID: room })
        const count = counts.get(key) ?? { account, room, alerts: 0, score: 0 }
        counts.set(key, { account, room, alerts: count.alerts + 1, score: Math.max(count.score, score) })
      }
  const [worst] = [...counts.values()].sort((a, b) => b.alerts - a.alerts || b.score - a.score)
  if (!worst) return null
  const matches = await findMatches(log, worst.account)
  return matches.find(({ room }) => room === worst.room) ?? null
}
