import { hash } from 'node:crypto'
import { eventTimeOf, isPlausibleEventTime, readWire, type Topic } from '@millrace/contracts'
import type { SimulatedRecord } from './actor.ts'
import type { SimulatedRun } from './domain-simulation.ts'
import { type ReplayLine, readReplayLines } from './replay-lines.ts'

/** Lines without a time at the head of a file that are held until one has a time. */
const MAX_UNTIMED = 1000

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** A UUID (version 8, RFC 9562) of a line and its number: the same file gives the same ids, so that sending it again is recognised. */
function idOfLine(number: number, text: string): string {
  const bytes = hash('sha256', `millrace:replay ${number} ${text}`, 'buffer').subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** What a line is sent as: its own text, with an event id where it has none. What is not a JSON object is sent as it is, to be refused. */
function recordOf(
  topic: Topic,
  { number, text }: ReplayLine,
  { previousMs, nowMs }: { readonly previousMs: number; readonly nowMs: number },
): SimulatedRecord {
  const event = parseObject(text)
  const made = idOfLine(number, text)
  const wired = event && readWire(event, topic.wire)
  const eventId = typeof wired?.eventId === 'string' ? wired.eventId : made
  const lacksId = event !== null && event.eventId === undefined
  const body = text.slice(text.indexOf('{') + 1)
  const isEmpty = body.trim() === '}'
  return {
    topic: topic.name,
    key: wired ? keyOf(topic, wired) : '',
    eventId,
    value: lacksId ? `{"eventId":"${made}"${isEmpty ? '' : ','}${body}` : text,
    atMs: Math.max(previousMs, (wired && timeOf(topic, wired, nowMs)) ?? previousMs),
    actor: 0,
    sequence: number,
    line: number,
    fault: null,
  }
}

/** Key and time of what may be no event of the topic. */
function keyOf(topic: Topic, event: Record<string, unknown>): string {
  try {
    return topic.keyOf(event)
  } catch {
    return ''
  }
}
function timeOf(topic: Topic, event: Record<string, unknown>, nowMs: number): number | null {
  try {
    const timeMs = eventTimeOf(topic, event)
    return timeMs !== null && isPlausibleEventTime(timeMs, nowMs) ? timeMs : null
  } catch {
    return null
  }
}

/**
 * The events of a recorded file, one JSON object a line, in the order of the file. Each is due at its event time, or with the line
 * before it where that is later or where it has no plausible event time; at the head of the file, with the first line that has one.
 * @param before records that are sent before the file
 * @param nowMs what an event time must be plausible at
 * @param readLine see `DomainSimulation.readLine`
 * @throws SimulationError `read_failed`
 */
export function replayFile(
  file: string,
  topic: Topic,
  {
    before,
    nowMs,
    readLine = () => null,
  }: {
    readonly before: readonly SimulatedRecord[]
    readonly nowMs: number
    readonly readLine?: (line: string) => string | null
  },
): SimulatedRun {
  const lines = readReplayLines(file)
  let shareRead = 0
  const readNext = (previousMs: number): SimulatedRecord | null => {
    const { value, done } = lines.next()
    if (done) return null
    shareRead = value.share
    const text = readLine(value.text) ?? value.text
    return recordOf(topic, { ...value, text }, { previousMs, nowMs })
  }
  const untimed: SimulatedRecord[] = []
  let record = readNext(Number.NEGATIVE_INFINITY)
  while (record?.atMs === Number.NEGATIVE_INFINITY && untimed.length < MAX_UNTIMED) {
    untimed.push(record)
    record = readNext(record.atMs)
  }
  const startMs = record && Number.isFinite(record.atMs) ? record.atMs : 0
  if (record) record = { ...record, atMs: startMs }
  const waiting = [...before, ...untimed].map(early => ({ ...early, atMs: startMs }))
  let shareTaken = 0
  return {
    stream: {
      get nextMs() {
        return waiting[0]?.atMs ?? record?.atMs ?? Number.POSITIVE_INFINITY
      },
      next() {
        const early = waiting.shift()
        if (early) return early
        const current = record!
        shareTaken = shareRead
        record = readNext(current.atMs)
        return current
      },
    },
    // How long a recorded file goes on is not known before its end.
    span: { startMs, endMs: Number.POSITIVE_INFINITY },
    share: () => (record ? shareTaken : 1),
    golden: () => ({}),
  }
}
