import { isRefusal, type Problem, problemOf, type Refusal, statusOf } from '../problem.ts'
import type { Outcome } from './store-records.ts'

/** What goes back to the client. */
export interface Answer {
  readonly status: number
  readonly contentType: 'application/json' | 'application/problem+json'
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
  let retryAfterS: number | undefined
  for (const [index, outcome] of outcomes.entries()) {
    if (isRefusal(outcome)) {
      failed++
      if (outcome.retryAfterS !== undefined) retryAfterS = Math.max(retryAfterS ?? 0, outcome.retryAfterS)
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
  const retry = retryAfterS === undefined ? {} : { retryAfterS }
  const counts = `"accepted":${accepted},"failed":${failed},"results":[${results.join(',')}]`
  if (accepted > 0)
    return { status: failed === 0 ? 200 : 207, contentType: 'application/json', body: `{${counts}}`, ...retry }

  const refusals = outcomes as readonly Refusal[]
  const [first] = refusals
  if (!batch) return { ...problemAnswer(first!, { record: 0 }), ...retry }
  const statuses = new Set(refusals.map(statusOf))
  const status = statuses.has(503) ? 503 : statuses.size === 1 ? [...statuses][0]! : 422
  const problem = problemOf({
    code: 'nothing_accepted',
    status,
    details: { count: outcomes.length },
    about: first!,
  })
  const body = `${JSON.stringify(problem).slice(0, -1)},${counts}}`
  return { status, contentType: 'application/problem+json', body, ...retry }
}
