import type { Refusal } from '../sink.ts'

/** What one answer of the gateway means for the records of the request. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** Per record: null = acknowledged, `again` = send it again, `apart` = send it again in smaller requests. */
  | {
      readonly kind: 'mixed'
      readonly records: readonly (null | Refusal | 'again' | 'apart')[]
      readonly retryAfterMs: number | null
    }
  | {
      readonly kind: 'again'
      readonly reason: string
      readonly retryAfterMs: number | null
      /** A quota at work, not a fault. */
      readonly isThrottled: boolean
    }
  /** The request as a whole is not wanted, whatever is in it. */
  | { readonly kind: 'hopeless'; readonly status: number; readonly reason: string }

interface Problem {
  readonly code?: unknown
  readonly type?: unknown
  readonly title?: unknown
  readonly detail?: unknown
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
}

const isRetryableStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500
/** Answers that may be about one record of many. */
const isAboutContent = (status: number): boolean => status === 400 || status === 413 || status === 422

/** Reads an answer to a request of `count` records; `nowMs` turns a Retry-After date into a wait. */
export function readAnswer(answer: Answer, count: number, nowMs: number): Verdict {
  const { status } = answer
  const body = parseObject(answer.body)
  const retryAfterMs = readRetryAfter(answer.retryAfter, nowMs)
  if (status >= 200 && status < 300 && status !== 207) {
    const accepted = body?.accepted
    if (accepted === undefined || accepted === count) return { kind: 'accepted' }
    return { kind: 'hopeless', status, reason: `it says that it took ${accepted} of ${count} records` }
  }
  if (isRetryableStatus(status))
    return { kind: 'again', reason: reasonOf(status, body), retryAfterMs, isThrottled: status === 429 }
  if (status !== 207 && !isAboutContent(status)) return { kind: 'hopeless', status, reason: reasonOf(status, body) }

  const unlisted = status === 207 ? null : count === 1 ? refusal(status, body) : 'apart'
  const records: (null | Refusal | 'again' | 'apart')[] = Array.from({ length: count }, () => unlisted)
  const results = Array.isArray(body?.results) ? body.results : []
  for (const result of results as { index?: unknown; status?: unknown; problem?: Problem }[]) {
    if (typeof result?.index !== 'number' || !(result.index in records) || typeof result.status !== 'number') continue
    if (result.status >= 200 && result.status < 300) records[result.index] = null
    else if (isRetryableStatus(result.status)) records[result.index] = 'again'
    else records[result.index] = refusal(result.status, result.problem)
  }
  const accepted = records.filter(record => record === null).length
  if (status === 207 && typeof body?.accepted === 'number' && body.accepted !== accepted)
    return { kind: 'hopeless', status, reason: `it says that it took ${body.accepted} records but lists ${accepted}` }
  return { kind: 'mixed', records, retryAfterMs }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function readRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const atMs = Date.parse(header)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

const reasonOf = (status: number, problem: Problem | null | undefined): string =>
  text(problem?.detail) ?? text(problem?.title) ?? `status ${status}`

function refusal(status: number, problem: Problem | null | undefined): Refusal {
  const code = text(problem?.code) ?? text(problem?.type)?.split(/[/#:]/).at(-1)
  return { kind: 'refused', code: code || `status_${status}`, message: reasonOf(status, problem) }
}
