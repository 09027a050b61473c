import { isBuiltInModel, loadModel, type Model } from '@millrace/anomaly-scorer'
import { inUserFolder } from './user-paths.ts'

export const DETECTOR_OPTION = [
  '--detector <name|file>',
  'model that judges players: additive-evidence-1 (default), time-aware-rule-1, or a JSON file',
] as const

/**
 * The model that was chosen, or undefined for the default one.
 * @throws ModelError `model_unreadable` or `model_invalid`
 */
export function readDetector(flag: string | undefined, environment: NodeJS.ProcessEnv): Promise<Model> | undefined {
  const source = flag ?? environment.MILLRACE_MODEL_FILE
  if (source === undefined) return undefined
  return loadModel(isBuiltInModel(source) ? source : inUserFolder(source, environment))
}
