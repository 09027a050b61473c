import { isUtf8 } from 'node:buffer'
import { failedEventsTopic, instantMs, uuidV5 } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { type ErrorTable, errorFactory, nearest } from '@millrace/runtime'
import { isJsonObject, type JsonObject, readObject } from './record-content.ts'

/** Namespace of event ids that are made for replayed records without one: the UUID v5 of "millrace:replay" in the URL namespace. */
export const REPLAY_NAMESPACE = '74eba249-61c5-5856-8588-992831f0e74b'

const held = { retryable: false, kind: 'input' } as const

/** Why a line is held back. */
export const heldLineErrors = {
  not_corrected: { ...held, message: '{reason}: correct it and put the object under "record".' },
  not_yet: {
    ...held,
    message: 'its event id is remembered, so it would be dropped as a retry: replay it after {instant}.',
  },
  not_for_clients: {
    ...held,
    message: '{topic} is made from {source}, and the event behind this record is not there any more.',
  },
} as const satisfies ErrorTable

const heldLineError = errorFactory('HeldLineError', heldLineErrors)

/** A line that can be sent. */
export interface ReplayRecord {
  readonly kind: 'record'
  readonly id: string
  readonly topic: string
  /** Partition key as far as it can be told; the gateway makes the real one. */
  readonly key: string
  readonly eventId: string
  /** JSON without line breaks. */
  readonly value: string
}

/** A line that is left out, because sending it would be of no use. */
export interface HeldLine {
  readonly kind: 'held'
  readonly id: string
  readonly topic: string
  readonly code: keyof typeof heldLineErrors
  readonly message: string
}

/** A line that is not one of an exported file any more. */
export interface BrokenLine {
  readonly kind: 'broken'
  readonly message: string
}

const CONTENTS = ['record', 'text', 'base64'] as const
const clientTopics = [...catalog.routes.values()].map(({ name }) => name)

/**
 * Reads one line of a file of failed records.
 * @param nowMs the time, for lines that may not be sent yet, ms since the epoch
 */
export function readReplayLine(text: string, nowMs: number): ReplayRecord | HeldLine | BrokenLine {
  const broken = (message: string): BrokenLine => ({ kind: 'broken', message })
  const parsed = readObject(text)
  if ('reason' in parsed) return broken(`expected a JSON object, but ${parsed.reason}.`)
  const line = parsed.object
  const { id, topic, notBefore } = line
  if (typeof id !== 'string' || id === '') return broken(`"id" is ${shown(id)}: expected the id that the export gave.`)
  if (typeof topic !== 'string' || !isKnown(topic)) {
    const near = typeof topic === 'string' ? nearest(topic, clientTopics) : undefined
    return broken(
      `"topic" is ${shown(topic)}: expected ${near ? `${near} perhaps, or ` : ''}one of ${clientTopics.join(', ')}.`,
    )
  }
  const notBeforeMs = notBefore === undefined ? 0 : typeof notBefore === 'string' ? instantMs(notBefore) : Number.NaN
  if (Number.isNaN(notBeforeMs))
    return broken(`"notBefore" is ${shown(notBefore)}: expected an instant such as 2024-03-24T11:25:29.845Z.`)
  const given = CONTENTS.filter(name => line[name] !== undefined)
  const [content] = given
  if (!content || given.length > 1)
    return broken(`it has ${given.join(' and ') || 'none'} of "record", "text" and "base64": expected exactly one.`)
  if (content !== 'record' && typeof line[content] !== 'string')
    return broken(`"${content}" is ${shown(line[content])}: expected a text; an object goes under "record".`)

  const heldBack = (...why: Parameters<typeof heldLineError>): HeldLine => {
    const { code, message } = heldLineError(...why)
    return { kind: 'held', id, topic, code, message }
  }
  if (!clientTopics.includes(topic))
    return heldBack('not_for_clients', {
      topic,
      source: catalog.find(topic)?.derivedFrom?.topic.name ?? 'other topics',
    })
  if (notBeforeMs > nowMs) return heldBack('not_yet', { instant: notBefore })
  const event = readEvent(content, line[content])
  if ('reason' in event) return heldBack('not_corrected', event)
  return recordOf(id, topic, line.key, event.object)
}

const isKnown = (topic: string): boolean => topic !== failedEventsTopic.name && catalog.find(topic) !== undefined

/** The partition key of an event that may lack what it is made of; empty where it cannot be told. */
function keyOfEvent(topic: string, event: JsonObject): string {
  try {
    return catalog.topic(topic).keyOf(event)
  } catch {
    return ''
  }
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60))

function readEvent(content: (typeof CONTENTS)[number], value: unknown): ReturnType<typeof readObject> {
  if (content === 'record') return isJsonObject(value) ? { object: value } : { reason: 'the record is not an object' }
  const bytes = Buffer.from(value as string, content === 'base64' ? 'base64' : 'utf8')
  return isUtf8(bytes) ? readObject(bytes.toString()) : { reason: 'its bytes are not UTF-8' }
}

/**
 * A record without an event id gets one made of the failed record and the content: sent again, it is recognised; corrected in another
 * way, or cut into several, each is an event of its own.
 */
function recordOf(id: string, topic: string, key: unknown, event: JsonObject): ReplayRecord {
  const own = event.eventId
  const made = uuidV5(`${id}\n${JSON.stringify(event)}`, REPLAY_NAMESPACE)
  const value = JSON.stringify(own === undefined ? { ...event, eventId: made } : event)
  const eventId = own === undefined ? made : typeof own === 'string' ? own : JSON.stringify(own)
  return { kind: 'record', id, topic, key: keyOfEvent(topic, event) || String(key ?? ''), eventId, value }
}
