import { type Catalog, type DomainContract, eventTimeOf, isPlausibleEventTime, type Topic } from '@millrace/contracts'
import { type Picture, type RunReport, reporters } from '@millrace/domains/reports'
import type { LogReader, LogRecord } from '@millrace/event-log'
import type { Mart } from '@millrace/mart'
import type { Figure } from '@millrace/report/figure'
import { CodedError } from '@millrace/runtime'
import { matchPicture } from '../match/match-picture.ts'

/** Event time that pictures show. */
const SHOWN_MS = 86_400_000
/** Records at both ends of a partition whose event times are looked at. */
const LOOKED_AT = 200

/** Pictures that need more than a domain has. */
const EXTRA_PICTURES: Readonly<Record<string, readonly Picture[]>> = { lol: [matchPicture] }

export interface EventSpan {
  /** First and last event time, ms since the epoch, as the ends of the log have them. */
  readonly fromMs: number
  readonly toMs: number
}

/** A picture that was drawn, or why there is none. */
export type DrawnPicture = { readonly figure: Figure } | { readonly title: string; readonly why: string }

/** What a domain says of a run. */
export interface DomainPart {
  readonly name: string
  readonly title: string
  /** Null where it has no event with a plausible time. */
  readonly span: EventSpan | null
  readonly report: RunReport | null
  readonly pictures: readonly DrawnPicture[]
}

/** Stores that are looked at. */
export interface ReportStores {
  readonly log: LogReader
  readonly mart: Pick<Mart, 'select' | 'scan' | 'lacks'>
}

/** The events that a domain is about: reference data and labels have other times. */
const rawOf = ({ name, topics }: DomainContract): Topic[] =>
  Object.values(topics).filter(topic => topic.name === `${name}.raw`)

/** Event time of a record in ms; null where it has none that is plausible, or is no event: others may write to the log too. */
function timeOf(topic: Topic, { value, timestampMs }: LogRecord): number | null {
  let event: unknown
  try {
    event = JSON.parse(value.toString('utf8'))
  } catch {
    return null
  }
  if (typeof event !== 'object' || event === null) return null
  const timeMs = eventTimeOf(topic, { ...event })
  return timeMs !== null && isPlausibleEventTime(timeMs, timestampMs) ? timeMs : null
}

async function spanOf(log: LogReader, domain: DomainContract): Promise<EventSpan | null> {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const topic of rawOf(domain))
    for (const { partition, earliest, end } of await log.range(topic.name)) {
      const headEnd = Math.min(end, earliest + LOOKED_AT)
      const ends = [
        [earliest, headEnd],
        [Math.max(headEnd, end - LOOKED_AT), end],
      ] as const
      for (const [from, to] of ends)
        if (to > from)
          for await (const records of log.read(topic.name, partition, from, to))
            for (const record of records) {
              const timeMs = timeOf(topic, record)
              if (timeMs === null) continue
              fromMs = Math.min(fromMs, timeMs)
              toMs = Math.max(toMs, timeMs)
            }
    }
  return fromMs <= toMs ? { fromMs, toMs } : null
}

async function drawPicture(
  { title, reading, tables, draw }: Picture,
  { log, mart }: ReportStores,
  span: EventSpan,
): Promise<DrawnPicture> {
  const lacks = await mart.lacks(tables)
  if (lacks.length > 0) return { title, why: `The mart has no ${lacks.join(', no ')}.` }
  try {
    const fromMs = Math.max(span.fromMs, span.toMs - SHOWN_MS)
    const drawn = await draw({ log, mart, fromMs, toMs: span.toMs })
    return typeof drawn === 'string' ? { title, why: drawn } : { figure: { title, reading, ...drawn } }
  } catch (error) {
    if (error instanceof CodedError && error.code === 'unknown_topic') return { title, why: error.message }
    throw error
  }
}

/** Reports and pictures of the domains of a run, from its stores. */
export async function makeDomainParts(catalog: Catalog, stores: ReportStores): Promise<readonly DomainPart[]> {
  const parts: DomainPart[] = []
  for (const domain of catalog.domains) {
    const span = await spanOf(stores.log, domain)
    const reporter = reporters.find(({ domain: name }) => name === domain.name)
    const report = reporter?.report ? await reporter.report(stores.log) : null
    const pictures: DrawnPicture[] = []
    const wanted = [...(reporter?.pictures ?? []), ...(EXTRA_PICTURES[domain.name] ?? [])]
    if (span) for (const picture of wanted) pictures.push(await drawPicture(picture, stores, span))
    parts.push({ name: domain.name, title: domain.title, span, report, pictures })
  }
  return parts
}
