import { aggregatorEnv } from '@millrace/aggregator/config'
import { anomalyScorerEnv } from '@millrace/anomaly-scorer/config'
import { curatorEnv } from '@millrace/curator/config'
import { detectorEvaluatorEnv } from '@millrace/detector-evaluator/config'
import { simulations } from '@millrace/domains/simulation'
import { gatewayEnv } from '@millrace/ingest-gateway/config'
import { archiverEnv } from '@millrace/lake-archiver/config'
import { martWriterEnv } from '@millrace/mart-writer/config'
import { profilerEnv } from '@millrace/profiler/config'
import { provisionerEnv } from '@millrace/provisioner/config'
import { reconcilerEnv } from '@millrace/reconciler/config'
import { generatorEnv, generatorName } from '@millrace/simulation'
import { smsGatewayEnv } from '@millrace/sms-gateway/config'
import { z } from 'zod'

/** Names of the generators, one a domain. */
export const generatorNames: readonly string[] = [...simulations.keys()].map(generatorName)

/** The environment of every process that has an image, by its name in the chart. */
export const serviceEnvs: Readonly<Record<string, z.core.$ZodLooseShape>> = {
  'ingest-gateway': gatewayEnv,
  curator: curatorEnv,
  'anomaly-scorer': anomalyScorerEnv,
  'detector-evaluator': detectorEvaluatorEnv,
  aggregator: aggregatorEnv,
  profiler: profilerEnv,
  'sms-gateway': smsGatewayEnv,
  'lake-archiver': archiverEnv,
  'mart-writer': martWriterEnv,
  reconciler: reconcilerEnv,
  ...Object.fromEntries(
    [...simulations.values()].map(simulation => [generatorName(simulation.domain), generatorEnv(simulation)]),
  ),
  provisioner: provisionerEnv,
}

export interface EnvVariable {
  /** With its prefix. */
  readonly name: string
  /** What it takes, in words. */
  readonly expected: string
  readonly default: string | undefined
  /** A secret comes from a Secret, never from values. */
  readonly isSecret: boolean
  /** JSON Schema of what YAML may say. */
  readonly schema: Readonly<Record<string, unknown>>
}

/** Every variable of a process, sorted by name. */
export function envVariables(shape: z.core.$ZodLooseShape): readonly EnvVariable[] {
  const { properties = {} } = z.toJSONSchema(z.object(shape), { io: 'input', target: 'draft-07' })
  return Object.entries(properties)
    .map(([key, property]) => {
      const { default: fallback, expected, form, description, secret, ...schema } = property as Record<string, unknown>
      return {
        name: `MILLRACE_${key}`,
        expected: description === undefined ? String(expected ?? 'a text') : `${form}: ${description}`,
        default: fallback === undefined ? undefined : String(fallback),
        isSecret: secret === true,
        schema,
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
