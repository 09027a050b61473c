import { catalog } from '@millrace/domains/contracts'
import { type MartRetention, martRetentionEnv, resolveRetention } from '@millrace/mart'
import { ConfigError } from '@millrace/runtime'
import { UsageError } from './usage-error.ts'

const VARIABLE = 'MILLRACE_MART_RETENTION'

/** The option of commands that write or compare the mart. */
export const RETENTION_OPTION = [
  '--mart-retention <tables>',
  `how long rows of tables are kept, such as lol_analysis=30d,*=400d (default: that of ${VARIABLE}, else for ever)`,
] as const

/**
 * How long rows of the mart are kept, as `--mart-retention` says, else MILLRACE_MART_RETENTION; undefined where neither does.
 * @throws UsageError that says what is wrong
 */
export function readRetention(flag: string | undefined, environment: NodeJS.ProcessEnv): MartRetention | undefined {
  const [by, text] = flag === undefined ? [VARIABLE, environment[VARIABLE]] : ['--mart-retention', flag]
  const { data, error } = martRetentionEnv.MART_RETENTION.safeParse(text)
  if (error) throw new UsageError(`${by} is ${JSON.stringify(text)}: ${error.issues[0]?.message}.`)
  if (data === undefined) return undefined
  try {
    return resolveRetention(catalog.tables, data)
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    throw new UsageError(cause.problems.map(problem => problem.replace(VARIABLE, by)).join('\n'))
  }
}
