import { failedEvent, failedEventsTopic, instantMs } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { env, nearest } from '@millrace/runtime'
import type { Command } from 'commander'
import type { FailureFilter } from '../failed-events/failure-filter.ts'
import { DEFAULT_DATA, type PlatformChoice } from './select-platform.ts'
import { UsageError } from './usage-error.ts'

const STAGES = failedEvent.shape.stage.options
const SINKS = failedEvent.shape.sink.unwrap().options
const TOPICS = catalog.topics.filter(topic => topic !== failedEventsTopic).map(({ name }) => name)

export interface FailureFlags extends PlatformChoice {
  readonly stage?: string
  readonly sink?: string
  readonly code?: string
  readonly topic?: string
  readonly since?: string
  readonly limit?: string
}

/** Adds the options that say where failed events are. */
export const addPlaceOptions = (command: Command): Command =>
  command
    .option('--data <folder>', `folder of embedded stores (default: ${DEFAULT_DATA}); a gateway may be using it`)
    .option('--stack [folder]', 'use the local servers that run')

/** Adds the options that say where failed events are and which of them are meant. */
export const addFailureOptions = (command: Command): Command =>
  addPlaceOptions(command)
    .option('--stage <stage>', `only this stage: ${STAGES.join(', ')}`)
    .option('--sink <sink>', `only what this sink lacks: ${SINKS.join(', ')}`)
    .option('--code <code>', 'only this reason code, e.g. invalid_field')
    .option('--topic <topic>', 'only records of this topic')
    .option('--since <time>', 'only what failed since then: 2h ago, or at 2024-03-24T11:00:00Z')

/**
 * The filter that the flags ask for.
 * @throws UsageError that lists every problem
 */
export function readFailureFlags(
  flags: FailureFlags,
  nowMs: number,
): { readonly filter: FailureFilter; readonly limit: number | undefined } {
  const problems: string[] = []
  function choice<const T extends string>(name: string, text: string | undefined, known: readonly T[]): T | undefined {
    if (text === undefined) return undefined
    const found = known.find(candidate => candidate === text)
    const near = nearest(text, known)
    if (!found)
      problems.push(`--${name} is "${text}": expected ${known.join(', ')}.${near ? ` Did you mean ${near}?` : ''}`)
    return found
  }
  const stage = choice('stage', flags.stage, STAGES)
  const sink = choice('sink', flags.sink, SINKS)
  const topic = choice('topic', flags.topic, TOPICS)
  const sinceMs = flags.since === undefined ? undefined : readSince(flags.since, nowMs)
  if (Number.isNaN(sinceMs))
    problems.push(
      `--since is "${flags.since}": expected a duration such as 30m, 2h or 7d, or an instant such as 2024-03-24T11:00:00Z.`,
    )
  if (flags.limit !== undefined && !/^[1-9]\d{0,14}$/.test(flags.limit))
    problems.push(`--limit is "${flags.limit}": expected a whole number above 0.`)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  return {
    filter: {
      ...(stage && { stage }),
      ...(sink && { sink }),
      ...(flags.code !== undefined && { code: flags.code }),
      ...(topic && { topic }),
      ...(sinceMs !== undefined && { sinceMs }),
    },
    limit: flags.limit === undefined ? undefined : Number(flags.limit),
  }
}

/** An instant, or how long ago, in ms since the epoch; NaN for neither. */
function readSince(text: string, nowMs: number): number {
  const ago = env.duration().safeParse(text)
  return ago.success ? nowMs - ago.data : instantMs(text)
}
