import { existsSync } from 'node:fs'
import path from 'node:path'
import { kafkaEnv, kafkaEventLogFromEnv } from '@millrace/event-log'
import { webHdfsLakeFromEnv, webhdfsEnv } from '@millrace/lake'
import { cassandraEnv, cassandraMartFromEnv } from '@millrace/mart'
import { createLogger, loadConfig, systemClock } from '@millrace/runtime'
import { openStack } from '@millrace/testing'
import { composePlatform, openEmbeddedPlatform, openServerPlatform, type Platform } from '../platform.ts'
import { UsageError } from './usage-error.ts'

export const DEFAULT_DEMO_DATA = '.millrace/demo'
export const DEFAULT_DATA = '.millrace/data'
export const DEFAULT_STACK = '.millrace/stack'

export interface PlatformChoice {
  /** Folder of embedded stores. */
  readonly data?: string
  /** Folder of local servers that run; `true` for the usual one. */
  readonly stack?: string | true
}

const parts = () => ({ clock: systemClock, logger: createLogger('millrace', { level: 'error' }) })

/**
 * Opens the stores that a command was asked to use: `--stack`, else `--data`, else servers named by the environment, else the folder
 * `fallback`.
 */
export async function selectPlatform(
  choice: PlatformChoice,
  fallback: string,
  variables: NodeJS.ProcessEnv,
): Promise<Platform> {
  if (choice.stack !== undefined) {
    const directory = choice.stack === true ? DEFAULT_STACK : choice.stack
    const stack = await openStack(directory)
    if (!stack) throw new UsageError(`No servers run in ${directory}: start them with "npm run millrace -- stack up".`)
    return openServerPlatform(stack.addresses, parts())
  }
  if (choice.data === undefined && variables.MILLRACE_KAFKA_BROKERS !== undefined) return fromEnvironment(variables)
  const directory = choice.data ?? fallback
  if (!existsSync(path.join(directory, 'log')))
    throw new UsageError(
      `There is no data in ${directory}: run "npm run demo" first, or name another folder with --data.`,
    )
  return openEmbeddedPlatform(directory, parts())
}

async function fromEnvironment(variables: NodeJS.ProcessEnv): Promise<Platform> {
  const config = loadConfig(variables, { ...kafkaEnv, ...webhdfsEnv, ...cassandraEnv })
  const log = kafkaEventLogFromEnv(config, parts())
  const lake = webHdfsLakeFromEnv(config, parts())
  const mart = cassandraMartFromEnv(config, parts())
  return composePlatform('servers', { log, lake, mart }, `Kafka at ${config.KAFKA_BROKERS.join(', ')}`)
}
