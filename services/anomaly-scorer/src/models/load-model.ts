import { readFile } from 'node:fs/promises'
import { type ErrorTable, errorFactory } from '@millrace/runtime'
import type { z } from 'zod'
import additiveEvidence1 from './additive-evidence/additive-evidence-1.json' with { type: 'json' }
import { additiveEvidenceArtefact } from './additive-evidence/artefact.ts'
import { createAdditiveEvidence } from './additive-evidence/model.ts'
import type { Model } from './model.ts'
import { createTimeAwareRuleModel } from './time-aware-rule/model.ts'
import { timeAwareRuleArtefact } from './time-aware-rule/rule.ts'
import timeAwareRule1 from './time-aware-rule/time-aware-rule-1.json' with { type: 'json' }

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

/** Artefacts that come with the service, by their id. */
const builtIn: Readonly<Record<string, unknown>> = {
  'time-aware-rule-1': timeAwareRule1,
  'additive-evidence-1': additiveEvidence1,
}
const DEFAULT_MODEL = 'additive-evidence-1'

const kindsOfModel: Readonly<Record<string, (artefact: unknown, source: string) => Model>> = {
  'time-aware-rule': (artefact, source) => createTimeAwareRuleModel(checked(timeAwareRuleArtefact, artefact, source)),
  'additive-evidence': (artefact, source) =>
    createAdditiveEvidence(checked(additiveEvidenceArtefact, artefact, source)),
}

function checked<S extends z.ZodType>(schema: S, artefact: unknown, source: string): z.infer<S> {
  const parsed = schema.safeParse(artefact)
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues
    .map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
    .join('; ')
  throw modelError('model_invalid', { source, reason }, parsed.error)
}

/**
 * A model from its artefact.
 * @throws ModelError `model_invalid` that names every field at fault
 */
export function readModel(artefact: unknown, source: string): Model {
  const kind = typeof artefact === 'object' && artefact !== null && 'kind' in artefact ? artefact.kind : undefined
  const read = typeof kind === 'string' && Object.hasOwn(kindsOfModel, kind) ? kindsOfModel[kind] : undefined
  if (read) return read(artefact, source)
  const expected = Object.keys(kindsOfModel).join(' or ')
  throw modelError('model_invalid', { source, reason: `kind: expected ${expected}, got ${JSON.stringify(kind)}` })
}

/** Whether a model of this name comes with the service. */
export const isBuiltInModel = (name: string): boolean => Object.hasOwn(builtIn, name)

/** A model that comes with the service; the default one where no name is given. */
export const loadBuiltInModel = (name = DEFAULT_MODEL): Model => readModel(builtIn[name], name)

/**
 * The additive model that comes with the service.
 * @param threshold of the statistic of every kind, in place of those of the artefact
 */
export function loadAdditiveEvidence(threshold?: number): Model {
  const artefact = additiveEvidenceArtefact.parse(additiveEvidence1)
  if (threshold !== undefined) for (const evidence of Object.values(artefact.evidence)) evidence.threshold = threshold
  return createAdditiveEvidence(artefact)
}

/**
 * The model in a JSON file, or one that comes with the service.
 * @param source name of a built-in model, or path of a file
 * @throws ModelError `model_unreadable` or `model_invalid`
 */
export async function loadModel(source: string): Promise<Model> {
  if (isBuiltInModel(source)) return loadBuiltInModel(source)
  let artefact: unknown
  try {
    artefact = JSON.parse(await readFile(source, 'utf8'))
  } catch (error) {
    const reason = `${(error as Error).message}; models that come with the service: ${Object.keys(builtIn).join(', ')}`
    throw modelError('model_unreadable', { source, reason }, error)
  }
  return readModel(artefact, source)
}
