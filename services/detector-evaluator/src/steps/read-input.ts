import { type EvaluationInput, evaluationInput } from '@millrace/domains/lol/contract'
import type { LogRecord } from '@millrace/event-log'
import { deadLetter, decodeJson, ok, type Step } from '@millrace/stream'

const decode = decodeJson(evaluationInput)

/** Reads a record of lol.evaluation-inputs, its rows included. */
export const readInput: Step<LogRecord, EvaluationInput> = record => {
  const decoded = decode(record, record)
  if (decoded.kind !== 'ok') return decoded
  const parsed = evaluationInput.safeParse(decoded.value)
  if (parsed.success) return ok(parsed.data)
  const [{ path, message } = { path: [], message: '' }] = parsed.error.issues
  return deadLetter('wrong_field', `${path.join('.')}: ${message}`, { path: `/${path.join('/')}` })
}
