import { isRefusal, type Problem, problemOf, type Refusal, statusOf } from '../problem.ts'
import type { Outcome } from './store-records.ts'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly retryAfterS?: number
}

/** One answer for a refusal of a whole request. */
export const problemAnswer = (refusal: Refusal, extra: object = {}): Answer => ({
  status: statusOf(refusal),
  contentType: 'application/problem+json',
  body: JSON.stringify({ ...problemOf(refusal), ...extra }),
  ...(refusal.retryAfterS === undefined ? {} : { retryAfterS: refusal.retryAfterS }),
})

/** The refusal of a batch of which no record is accepted; its status is 503 where any record can be sent again as it is. */
export function nothingAccepted(refusals: readonly Refusal[]): Refusal {
  const statuses = new Set(refusals.map(statusOf))
  const status = statuses.has(503) ? 503 : statuses.size === 1 ? [...statuses][0]! : 422
  return { code: 'nothing_accepted', status, details: { count: refusals.length }, about: refusals[0]! }
}

/** The longest time that a client has to wait before it sends some of the records again; undefined where none can be sent again. */
export function retryAfterOf(outcomes: readonly Outcome[]): number | undefined {
  let longest: number | undefined
  for (const outcome of outcomes)
    if (isRefusal(outcome) && outcome.retryAfterS !== undefined) longest = Math.max(longest ?? 0, outcome.retryAfterS)
  return longest
}

/**
 * The answer for the outcomes of all records: 200 when all are stored, 207 when some are, else a problem.
 * @param minimal lists only the failed ones (`Prefer: return=minimal`)
 * @param batch whether the request had the form of a batch; a single record's refusal is the answer itself
 */
export function writeAnswer(
  outcomes: readonly Outcome[],
  { minimal, batch }: { minimal: boolean; batch: boolean },
): Answer {
  const results: string[] = []
  let failed = 0
  for (const [index, outcome] of outcomes.entries()) {
    if (isRefusal(outcome)) {
      failed++
      const problem: Problem = problemOf(outcome, index)
      results.push(`{"index":${index},"status":${problem.status},"problem":${JSON.stringify(problem)}}`)
    } else if (!minimal) {
      const { eventId, partition, offset } = outcome
      results.push(
        `{"index":${index},"status":200,"eventId":${JSON.stringify(eventId)},"partition":${partition},"offset":${offset}}`,
      )
    }
  }
  const accepted = outcomes.length - failed
  const retryAfterS = retryAfterOf(outcomes)
  const retry = retryAfterS === undefined ? {} : { retryAfterS }
  const counts = `"accepted":${accepted},"failed":${failed},"results":[${results.join(',')}]`
  if (accepted > 0)
    return { status: failed === 0 ? 200 : 207, contentType: 'application/json', body: `{${counts}}`, ...retry }

  const refusals = outcomes as readonly Refusal[]
  const [first] = refusals
  if (!batch) return { ...problemAnswer(first!, { record: 0 }), ...retry }
  const nothing = nothingAccepted(refusals)
  const body = `${JSON.stringify(problemOf(nothing)).slice(0, -1)},${counts}}`
  return { status: statusOf(nothing), contentType: 'application/problem+json', body, ...retry }
}
