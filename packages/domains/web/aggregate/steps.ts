import { createInstantWriter, eventTimeOf, makerOf, uuidV5 } from '@millrace/contracts'
import { createKeyedProcessor, decodeJson, ok, type Topology } from '@millrace/stream'
import type { TopologyParts } from '../../facets.ts'
import { NO_VARIANT, type StepKind, type WebRaw, web, webRaw } from '../contract.ts'
import { eventTypeOf, pageOf } from '../read-event.ts'
import { HOUR_MS } from './lateness.ts'

/** Namespace of the ids of steps: the UUID v5 of "millrace:web.steps" in the URL namespace. */
const NAMESPACE = 'd1d3b127-be8a-5511-92bb-ba66e75a867e'

const { raw, steps } = web.topics
const decode = decodeJson(webRaw)
const writeInstant = createInstantWriter()

/** What a session did in an hour. Steps that it repeats in another hour are published again, under the same ids. */
interface SessionHour {
  name: string
  readonly seen: Set<string>
  /** Offset of its first event. */
  since: number
}

interface Step {
  readonly page: string
  readonly kind: StepKind
}

/** The steps that an event may be the first of. */
function stepsOf(event: WebRaw): readonly Step[] {
  const type = eventTypeOf(event)
  const page = pageOf(event.current_page)
  if (type === 'click') return [{ page, kind: 'click' }]
  if (type !== 'page-view') return []
  const view: Step = { page, kind: 'view' }
  if (event.previousPage === undefined) return [view, { page, kind: 'enter' }]
  const previous = pageOf(event.previousPage)
  return previous === page ? [view] : [view, { page: previous, kind: 'continue' }]
}

/** web.raw → web.steps: what each session does for the first time on a page on a day. */
export const createStepsTopology = ({ logger, metrics }: TopologyParts): Topology => ({
  name: makerOf(steps),
  topics: [raw],
  outputs: [steps],
  createProcessor: () =>
    createKeyedProcessor<{ readonly event: WebRaw; readonly timeMs: number }, SessionHour>({
      service: 'aggregator',
      ...(logger && { logger }),
      ...(metrics && { metrics }),
      allowedLatenessMs: HOUR_MS,
      horizonMs: HOUR_MS,
      decode: (record, same) => {
        const decoded = decode(record, same)
        return decoded.kind === 'ok'
          ? ok({ event: decoded.value, timeMs: eventTimeOf(raw, decoded.value) ?? Number.NaN })
          : decoded
      },
      keyOf: ({ event }) => event.user_key,
      eventTimeOf: ({ timeMs }) => timeMs,
      idOf: ({ event }) => event.eventId,
      newState: () => ({ name: '', seen: new Set(), since: Number.POSITIVE_INFINITY }),
      dependsFrom: ({ since }) => since,
      onRecord(state, { event, timeMs }, { record, disposition, emit }) {
        const timestamp = writeInstant(timeMs)
        const session = event.sessionId ?? event.user_key
        const name = `${timestamp.slice(0, 13)} ${session}`
        const isKept = disposition === 'on-time'
        if (isKept && state.name !== name) {
          state.name = name
          state.seen.clear()
          state.since = record.offset
        }
        for (const { page, kind } of stepsOf(event)) {
          const step = `${kind} ${page}`
          if (state.name === name && state.seen.has(step)) continue
          if (isKept) state.seen.add(step)
          emit(steps, {
            eventId: uuidV5(`${timestamp.slice(0, 10)}\n${session}\n${step}`, NAMESPACE),
            sourceEventId: event.eventId,
            user_key: event.user_key,
            timestamp,
            page,
            variant: event.variant ?? NO_VARIANT,
            kind,
          })
        }
        return undefined
      },
    }),
})
