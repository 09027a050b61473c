import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Catalog } from '@millrace/contracts'
import { createKey, listKeys } from '@millrace/ingest-gateway'
import { createLogger, env, shellWord } from '@millrace/runtime'
import { openStack } from '@millrace/testing'
import type { Command } from 'commander'
import { createAllInOne } from '../../all-in-one.ts'
import { onAbort } from '../../on-abort.ts'
import { ensurePlatform, openEmbeddedPlatform, openLocked, openServerPlatform } from '../../platform.ts'
import { createDemoShop, SHOP_PATH } from '../../shop/demo-shop.ts'
import type { CommandContext } from '../context.ts'
import { DETECTOR_OPTION, readDetector } from '../detector-flag.ts'
import { DOMAINS_OPTION, readDomains } from '../domain-flags.ts'
import { FORMAT_OPTION, lakeFormat } from '../lake-format.ts'
import { RETENTION_OPTION, readRetention } from '../retention-flags.ts'
import { DEFAULT_DATA, DEFAULT_STACK, stackCommand } from '../select-platform.ts'
import { UsageError } from '../usage-error.ts'
import { createWaits } from '../waits.ts'

interface GatewayFlags {
  readonly host: string
  readonly port: string
  readonly data: string
  readonly stack?: string | true
  readonly format: string
  readonly martRetention?: string
  readonly archiveAfter: string
  readonly domains?: string
  readonly detector?: string
}

/** The first key of a new folder is made here, so that the first request needs no second command. */
async function firstKey(keysFile: string, catalog: Catalog, onRepair: (sentence: string) => void) {
  if ((await listKeys(keysFile, { onRepair })).length > 0) return undefined
  const topics = [...catalog.routes.values()].map(({ name }) => name)
  const { key } = await createKey(keysFile, { name: 'first', topics, quota: {} }, { topics })
  return key
}

export function addGatewayCommand(program: Command, context: CommandContext): void {
  const { terminal, signal, clock, environment } = context
  program
    .command('gateway')
    .description('run the gateway with every service behind it in this process, until you stop it')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', '8080')
    .option('--data <folder>', 'folder for keys and embedded stores', DEFAULT_DATA)
    .option('--stack [folder]', 'use the local servers that run instead of embedded stores')
    .option(...FORMAT_OPTION)
    .option(...RETENTION_OPTION)
    .option('--archive-after <time>', 'put a segment into the lake when it is this old', '30s')
    .option(...DOMAINS_OPTION)
    .option(...DETECTOR_OPTION)
    .action(async (flags: GatewayFlags) => {
      const port = /^\d{1,5}$/.test(flags.port) ? Number(flags.port) : Number.NaN
      if (!(port <= 65_535)) throw new UsageError(`--port is "${flags.port}": expected a number from 0 to 65535.`)
      const format = lakeFormat(flags.format)
      const retention = readRetention(flags.martRetention, environment)
      const catalog = readDomains(flags.domains, environment)
      const model = await readDetector(flags.detector, environment)
      const archiveAfter = env.duration().safeParse(flags.archiveAfter)
      if (!archiveAfter.success)
        throw new UsageError(`--archive-after is "${flags.archiveAfter}": ${archiveAfter.error.issues[0]?.message}.`)
      const logger = createLogger('millrace', { level: 'warn' })
      const stackFolder = flags.stack === true ? DEFAULT_STACK : flags.stack
      const stack = stackFolder === undefined ? undefined : await openStack(stackFolder)
      if (stack === null)
        throw new UsageError(`No servers run in ${stackFolder}: start them with "${stackCommand('up', stackFolder!)}".`)
      const platform = await openLocked(flags.data, logger, () =>
        stack
          ? openServerPlatform(stack.addresses, { clock, logger, ...(retention && { retention }) })
          : openEmbeddedPlatform(flags.data, { clock, logger, ...(retention && { retention }) }),
      )
      try {
        const waits = createWaits(context)
        await waits.during('the stores', ensurePlatform(platform, catalog))
        const keysFile = path.join(flags.data, 'keys.json')
        const isNewFile = !existsSync(keysFile)
        const key = await firstKey(keysFile, catalog, sentence => terminal.say(sentence))
        const topic = [...catalog.routes.values()].find(({ route }) => route?.browsers)
        const shop = topic && createDemoShop({ topic, log: platform.log, clock })
        const all = createAllInOne({
          catalog,
          platform,
          clock,
          logger,
          gateway: { host: flags.host, port, keysFile, ...(shop && { shop }) },
          spoolDirectory: path.join(flags.data, 'spool'),
          lakeFormat: format,
          ...(model && { model }),
          archiveAfterMs: archiveAfter.data,
        })
        try {
          await waits.during('the gateway', all.start(), all.problem)
        } catch (error) {
          await all.stop()
          // Nobody has seen that key: the next start makes one that it shows.
          if (isNewFile) await rm(keysFile, { force: true })
          throw error
        }
        try {
          terminal.say(`Gateway at ${all.gatewayUrl}, its API page at ${all.gatewayUrl}/docs`)
          terminal.say(
            `Log: ${platform.locations.log}; lake: ${platform.locations.lake}; mart: ${platform.locations.mart}`,
          )
          if (shop) terminal.say(`A shop to click around in: ${all.gatewayUrl}${SHOP_PATH}`)
          if (key !== undefined) {
            terminal.say('A key was made for you; it is shown only now:')
            terminal.print(key)
          } else
            terminal.say(
              `Keys are in ${keysFile}; make another with: npm run millrace -- keys create <name> --file ${shellWord(keysFile)}`,
            )
          terminal.say('Ctrl-C stops it.')
          await Promise.race([all.failed, new Promise<void>(resolve => onAbort(signal, resolve))])
        } finally {
          await all.stop()
        }
      } finally {
        await platform.close()
      }
    })
}
