import { type MartRow, type MartTable, rowTimeOf } from '@millrace/contracts'
import { ConfigError, env, unknownNames } from '@millrace/runtime'

/** How long the rows of a table are kept, in ms, by table; a table that is not named keeps its rows. */
export type MartRetention = ReadonlyMap<string, number>

const EVERY = '*'
/** Twenty years, the longest that Cassandra takes. */
const LONGEST_MS = 630_720_000_000

function retentionMs(text: string): number | undefined {
  const { data } = env.duration().safeParse(text)
  return data !== undefined && data >= 1_000 && data <= LONGEST_MS ? data : undefined
}

/** The setting of retention. */
export const martRetentionEnv = {
  /** How long rows are kept, by table; `*` is every other table whose rows have a time. */
  MART_RETENTION: env
    .byName('retention by table from 1s to 7300d, such as lol_analysis=30d,*=400d', retentionMs)
    .optional(),
} as const

/**
 * The retention of each of these tables.
 * @param setting as `MART_RETENTION` gives it
 * @throws ConfigError that names each table which there is not, or whose rows have no time
 */
export function resolveRetention(tables: readonly MartTable[], setting: ReadonlyMap<string, number>): MartRetention {
  const timed = tables.filter(({ rowTime }) => typeof rowTime === 'string')
  const given = Object.fromEntries([...setting].map(([name]) => [name, name]))
  const problems = unknownNames(given, [...tables.map(({ name }) => name), EVERY], name => name)
  for (const { name } of tables)
    if (setting.has(name) && !timed.some(table => table.name === name))
      problems.push(
        `${name} cannot have a retention, because its rows have no time: expected some of ${timed.map(table => table.name).join(', ')}, or ${EVERY} for all of them.`,
      )
  if (problems.length > 0) throw new ConfigError(problems.map(problem => `MILLRACE_MART_RETENTION: ${problem}`))
  const every = setting.get(EVERY)
  const resolved = timed.flatMap(({ name }): [string, number][] => {
    const ms = setting.get(name) ?? every
    return ms === undefined ? [] : [[name, ms]]
  })
  return new Map(resolved)
}

/**
 * When a row is no longer kept, in ms since the epoch; null where it is kept for ever. All writes of a row have the same end.
 * @param retentionMs of its table
 */
export function rowEndMs(
  retentionMs: number | null | undefined,
  table: MartTable,
  { values }: Pick<MartRow, 'values'>,
): number | null {
  if (retentionMs === null || retentionMs === undefined) return null
  const timeMs = rowTimeOf(table, values)
  return timeMs === null ? null : timeMs + retentionMs
}

/** The rows that are still kept. */
export function keptRows(
  retention: MartRetention,
  table: MartTable,
  { rows, nowMs }: { readonly rows: readonly MartRow[]; readonly nowMs: number },
): readonly MartRow[] {
  const retentionMs = retention.get(table.name)
  if (retentionMs === undefined) return rows
  return rows.filter(row => {
    const endMs = rowEndMs(retentionMs, table, row)
    return endMs === null || endMs > nowMs
  })
}
