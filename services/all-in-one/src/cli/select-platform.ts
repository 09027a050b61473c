import { existsSync } from 'node:fs'
import path from 'node:path'
import { catalog, domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv, kafkaEventLogFromEnv, type LogReader, openEmbeddedLogReader } from '@millrace/event-log'
import { webHdfsLakeFromEnv, webhdfsEnv } from '@millrace/lake'
import { cassandraEnv, cassandraMartFromEnv, createEmbeddedMart, type Mart } from '@millrace/mart'
import { loadConfig, shellWord, systemClock } from '@millrace/runtime'
import { openStack, type StackAddresses } from '@millrace/testing'
import type { z } from 'zod'
import {
  composePlatform,
  openEmbeddedPlatform,
  openLocked,
  openServerLog,
  openServerMart,
  openServerPlatform,
  type Platform,
} from '../platform.ts'
import type { CommandContext } from './context.ts'
import { readRetention } from './retention-flags.ts'
import { UsageError } from './usage-error.ts'
import { createWaits, watchPlatform } from './waits.ts'

export const DEFAULT_DEMO_DATA = '.millrace/demo'
export const DEFAULT_DATA = '.millrace/data'
export const DEFAULT_STACK = '.millrace/stack'

/** The command that starts or stops the servers of a folder, to be pasted. */
export const stackCommand = (verb: 'up' | 'down', directory: string): string =>
  `npm run millrace -- stack ${verb}${directory === DEFAULT_STACK ? '' : ` --directory ${shellWord(directory)}`}`

export interface PlatformChoice {
  /** Folder of embedded stores. */
  readonly data?: string
  /** Folder of local servers that run; `true` for the usual one. */
  readonly stack?: string | true
  /** How long rows of the mart are kept, as a person says it; else as the environment says. */
  readonly martRetention?: string
}

type Variables = NodeJS.ProcessEnv

/** What was chosen: local servers that run, servers named by the environment, or a folder of embedded stores. */
type Chosen =
  | { readonly kind: 'stack'; readonly addresses: StackAddresses }
  | { readonly kind: 'environment' }
  | { readonly kind: 'embedded'; readonly directory: string }

const SERVER_VARIABLES = ['MILLRACE_KAFKA_BROKERS', 'MILLRACE_CASSANDRA_CONTACT_POINTS']

/** Who writes into the folders that are used where none is named. */
const WRITERS = [
  { folder: DEFAULT_DATA, writer: 'a gateway' },
  { folder: DEFAULT_DEMO_DATA, writer: 'a demo' },
] as const

const hasData = (directory: string): boolean => existsSync(path.join(directory, 'log'))

/** `--stack`, else `--data`, else servers named by the environment, else the folder `fallback`. */
async function choose(choice: PlatformChoice, fallback: string, variables: Variables): Promise<Chosen> {
  if (choice.stack !== undefined) {
    const directory = choice.stack === true ? DEFAULT_STACK : choice.stack
    const stack = await openStack(directory)
    if (!stack)
      throw new UsageError(`No servers run in ${directory}: start them with "${stackCommand('up', directory)}".`)
    return { kind: 'stack', addresses: stack.addresses }
  }
  const isServerNamed = SERVER_VARIABLES.some(name => variables[name] !== undefined)
  if (choice.data === undefined && isServerNamed) return { kind: 'environment' }
  const directory = choice.data ?? fallback
  if (hasData(directory)) return { kind: 'embedded', directory }
  const first = fallback === DEFAULT_DATA ? 'npm run millrace -- gateway' : 'npm run demo'
  const other = WRITERS.find(({ folder }) => folder !== directory && hasData(folder))
  const place = other ? `--data ${other.folder}, where ${other.writer} has written` : 'another folder with --data'
  throw new UsageError(`There is no data in ${directory}: run "${first}" first, or name ${place}.`)
}

const openParts = (context: CommandContext) => {
  const waits = createWaits(context)
  return { waits, parts: { clock: systemClock, logger: waits.logger } }
}

/** Opens the stores that a command was asked to use; embedded ones only while no other process has them. */
export async function selectPlatform(
  choice: PlatformChoice,
  fallback: string,
  context: CommandContext,
): Promise<Platform> {
  const { environment } = context
  const chosen = await choose(choice, fallback, environment)
  const { waits, parts: common } = openParts(context)
  const retention = readRetention(choice.martRetention, environment)
  const parts = { ...common, ...(retention && { retention }) }
  if (chosen.kind === 'embedded') {
    const { directory } = chosen
    return openLocked(directory, parts.logger, () => openEmbeddedPlatform(directory, parts))
  }
  if (chosen.kind === 'stack') return watchPlatform(await openServerPlatform(chosen.addresses, parts), waits)
  const config = loadConfig(environment, { ...domainsEnv, ...kafkaEnv, ...webhdfsEnv, ...cassandraEnv })
  const log = kafkaEventLogFromEnv(config, parts)
  const lake = webHdfsLakeFromEnv(config, parts)
  const mart = cassandraMartFromEnv(config, { ...common, tables: catalog.tables })
  return watchPlatform(composePlatform('servers', { log, lake, mart }, kafkaAt(config.KAFKA_BROKERS)), waits)
}

const kafkaAt = (brokers: readonly string[]): string => `Kafka at ${brokers.join(', ')}`

/** The variables of other stores: they may be set, and need not be. */
const optional = (shape: z.ZodRawShape): z.ZodRawShape =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, (schema as z.ZodType).optional()]))

/** The log alone, to look at; an embedded one also while a gateway uses it. */
export async function selectLog(
  choice: PlatformChoice,
  fallback: string,
  context: CommandContext,
): Promise<{ readonly log: LogReader; readonly location: string }> {
  const { environment } = context
  const chosen = await choose(choice, fallback, environment)
  if (chosen.kind === 'embedded') {
    const directory = path.join(chosen.directory, 'log')
    return { log: openEmbeddedLogReader({ directory }), location: directory }
  }
  const { waits, parts } = openParts(context)
  if (chosen.kind === 'stack') {
    const { log, location } = openServerLog(chosen.addresses, parts)
    return { log: waits.watch(location, log), location }
  }
  const config = loadConfig(environment, {
    ...domainsEnv,
    ...optional({ ...webhdfsEnv, ...cassandraEnv }),
    ...kafkaEnv,
  })
  const location = kafkaAt(config.KAFKA_BROKERS)
  return { log: waits.watch(location, kafkaEventLogFromEnv(config, parts)), location }
}

/** A mart to look at. */
export type MartReader = Pick<Mart, 'select' | 'scan' | 'lacks' | 'location' | 'close'>

/** The mart alone, to look at; an embedded one also while a gateway uses it. */
export async function selectMart(
  choice: PlatformChoice,
  fallback: string,
  context: CommandContext,
): Promise<MartReader> {
  const { environment } = context
  const chosen = await choose(choice, fallback, environment)
  if (chosen.kind === 'embedded')
    return createEmbeddedMart({ file: path.join(chosen.directory, 'mart.db'), readOnly: true })
  const { waits, parts } = openParts(context)
  const mart =
    chosen.kind === 'stack'
      ? openServerMart(chosen.addresses, parts)
      : cassandraMartFromEnv(
          loadConfig(environment, { ...domainsEnv, ...optional({ ...kafkaEnv, ...webhdfsEnv }), ...cassandraEnv }),
          { ...parts, tables: catalog.tables },
        )
  return waits.watch(mart.location, mart)
}
