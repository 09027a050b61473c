import type { IncomingHttpHeaders } from 'node:http'
import type { Topic } from '@millrace/contracts'
import type { Refusal } from '../problem.ts'
import type { BodyFacts } from '../steps/prepare-record.ts'
import type { RecordSlices } from '../steps/split-records.ts'
import type { Outcome } from '../steps/store-records.ts'
import type { Answer } from '../steps/write-answer.ts'

/** What an envelope says of one record, and where in the body the event is. */
export interface Envelope {
  /** Byte offsets of the event; of the whole envelope where it has no event. */
  readonly start: number
  readonly end: number
  /** Where records name their own topics. */
  readonly topic?: Topic
  /** Makes the id of an event that has none of its own. */
  readonly eventId?: () => string
  /** The partition key that the client computed; the event's own must be the same. */
  readonly key?: string
  /** The partition that the client wants; the one of the key must be the same. */
  readonly partition?: number
  readonly refusal?: Refusal
}

/** The records of a body. */
export interface RecordList extends RecordSlices {
  /** Is called for many records: what it computes of the whole body it computes once. */
  readonly facts: () => BodyFacts
  /** Absent where each slice is the event itself. Is called once for each record, for it may decode the event in the body. */
  readonly envelopeOf?: (index: number) => Envelope
  /** Adds what helps this client to the refusal of a record. */
  readonly explain?: (refusal: Refusal) => Refusal
}

/** What is settled about a request before its body is read, as far as shapes differ by it. */
export interface ShapeRequest {
  /** Of the shape's own forms. */
  readonly form: string
  readonly headers: IncomingHttpHeaders
  readonly maxRecords: number
  /** `Prefer: return=minimal` */
  readonly minimal: boolean
  /** The topic of that name, if the key may write it. */
  readonly topicOf: (name: string) => Topic | Refusal
}

export interface WriteContext extends Pick<ShapeRequest, 'headers' | 'minimal'> {
  /** Whether the body had the form of a batch. */
  readonly batch: boolean
}

/**
 * A request shape: how a body becomes records, and how their results become an answer. Everything between the two
 * (admission, limits, validation, storage, failed events, metrics) is the same for all shapes.
 */
export interface Shape {
  /** Paths that the server routes to it; `:topic` is the name of the topic, if the path has one. The events shape has one for each topic. */
  readonly path: string | null
  /** Whether errors under a path are answered in this form, of paths that no route takes too. */
  readonly owns: (path: string) => boolean
  /** Methods of a path, as the header `Allow` has them; undefined where there is nothing at it. */
  readonly methodsOf: (path: string) => string | undefined
  /** What to use instead of an unknown path. */
  readonly offers: string
  /** Whether the password of Basic authentication may be the API key. */
  readonly basic: boolean
  /** Media types of a body, as the header `Accept-Post` has them. */
  readonly mediaTypes: string
  /** The same as a person reads it. */
  readonly mediaTypesText: string
  /** The form that a body has by its headers, undefined where the shape does not take it. `type` is the media type in lower case. */
  readonly formOf: (type: string, headers: IncomingHttpHeaders) => string | undefined
  readonly read: (body: Buffer, request: ShapeRequest) => RecordList | Refusal
  /** The answer for the outcomes of all records. */
  readonly write: (outcomes: readonly Outcome[], context: WriteContext) => Answer
  /** The answer for a refusal of a whole request. */
  readonly refuse: (refusal: Refusal, headers: IncomingHttpHeaders) => Answer
}
