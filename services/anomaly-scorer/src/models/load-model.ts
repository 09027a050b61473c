import { readFile } from 'node:fs/promises'
import { type ErrorTable, errorFactory } from '@millrace/runtime'
import type { Model } from './model.ts'
import { createTimeAwareRule, timeAwareRuleArtefact } from './time-aware-rule.ts'
import builtIn from './time-aware-rule-1.json' with { type: 'json' }

export const modelErrors = {
  model_unreadable: {
    message: 'The model {source} cannot be read: {reason}',
    retryable: false,
    kind: 'input',
  },
  model_invalid: {
    message: 'The model {source} is not valid: {reason}',
    retryable: false,
    kind: 'input',
  },
} as const satisfies ErrorTable

const modelError = errorFactory('ModelError', modelErrors)

/**
 * A model from its artefact.
 * @throws ModelError `model_invalid` that names every field at fault
 */
export function readModel(artefact: unknown, source: string): Model {
  const parsed = timeAwareRuleArtefact.safeParse(artefact)
  if (parsed.success) return createTimeAwareRule(parsed.data)
  const reason = parsed.error.issues
    .map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
    .join('; ')
  throw modelError('model_invalid', { source, reason }, parsed.error)
}

/** The model that comes with the service. */
export const loadBuiltInModel = (): Model => readModel(builtIn, 'time-aware-rule-1.json')

/**
 * The model in a JSON file.
 * @throws ModelError `model_unreadable` or `model_invalid`
 */
export async function loadModel(file: string): Promise<Model> {
  let artefact: unknown
  try {
    artefact = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw modelError('model_unreadable', { source: file, reason: (error as Error).message }, error)
  }
  return readModel(artefact, file)
}
