import { instant, instantMs } from '@millrace/contracts'
import type { WindowPartial } from './window-records.ts'

/** A partial result with its instants as ms since the epoch. */
export interface TimedPartial extends WindowPartial {
  readonly windowMs: number
  readonly watermarkMs: number
}

type Fields = Readonly<Record<string, unknown>>

const isWhole = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least
const isGroup = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(text => typeof text === 'string')

/** A reader of instants that keeps the last one: partial results of a window, and of one publication, come after one another. */
function createInstantReader(): (value: unknown) => number {
  let lastText: unknown
  let lastMs = Number.NaN
  return value => {
    if (value !== lastText) {
      lastMs = instant.safeParse(value).success ? instantMs(value) : Number.NaN
      lastText = value
    }
    return lastMs
  }
}

/** A reader of partial results; it answers null for a record that is none. It judges as the schema `windowPartial`, in less time. */
export function createPartialReader(): (value: Buffer) => TimedPartial | null {
  const readWindow = createInstantReader()
  const readWatermark = createInstantReader()
  return value => {
    const partial = parse(value)
    if (!partial) return null
    const windowMs = readWindow(partial.window)
    const watermarkMs = readWatermark(partial.watermark)
    const isRead =
      !Number.isNaN(windowMs + watermarkMs) &&
      isGroup(partial.group) &&
      isWhole(partial.partition, 0) &&
      isWhole(partial.events, 0) &&
      isWhole(partial.revision, 1) &&
      'result' in partial
    return isRead ? (Object.assign(partial, { windowMs, watermarkMs }) as unknown as TimedPartial) : null
  }
}

function parse(value: Buffer): Fields | null {
  try {
    const parsed: unknown = JSON.parse(value.toString())
    return typeof parsed === 'object' ? (parsed as Fields | null) : null
  } catch {
    return null
  }
}
