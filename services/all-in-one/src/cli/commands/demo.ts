import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { simulations } from '@millrace/domains/simulation'
import { createLogger, shellWord } from '@millrace/runtime'
import { describeStack, startStack, stopStack } from '@millrace/testing'
import type { Command } from 'commander'
import { emptyDirectory, isRight, runDemo, takeDirectory } from '../../demo.ts'
import { openEmbeddedPlatform, openServerPlatform } from '../../platform.ts'
import { type CommandContext, ExitCode } from '../context.ts'
import { demoReportJson, printDemo } from '../demo-report.ts'
import { DETECTOR_OPTION, readDetector } from '../detector-flag.ts'
import { DOMAINS_OPTION, readDomains } from '../domain-flags.ts'
import { addGeneratorOptions, readGeneratorOptions } from '../generator-flags.ts'
import { FORMAT_OPTION, lakeFormat } from '../lake-format.ts'
import { checkReportFile } from '../report-file.ts'
import { RETENTION_OPTION, readRetention } from '../retention-flags.ts'
import { RUN_PAGE, renderRunPage } from '../run-page-file.ts'
import { DEFAULT_DEMO_DATA, stackCommand } from '../select-platform.ts'
import { readVia, VIA_HELP } from './stack.ts'

/** Options of the generator that make no sense in a run from end to end. */
const SET_HERE = [
  'sink',
  'gateway-url',
  'api-key',
  'gzip',
  'concurrency',
  'out',
  'ledger',
  'golden',
  'shard',
  'skip',
  'replay',
]

interface DemoFlags extends Readonly<Record<string, unknown>> {
  readonly data: string
  readonly stack?: true
  readonly via?: string
  readonly keep?: true
  readonly format: string
  readonly martRetention?: string
  readonly report?: string
  readonly domains?: string
  readonly detector?: string
}

export function addDemoCommand(
  program: Command,
  { terminal, signal, clock, environment }: CommandContext,
  finish: (code: number) => void,
): void {
  const command = program
    .command('demo')
    .description(
      'carry generated events of every domain through every service, and compare what went in with what is stored',
    )
    .option('--data <folder>', 'folder for everything the run writes; emptied first', DEFAULT_DEMO_DATA)
    .option('--stack', 'run on real Kafka, HDFS and Cassandra, started for it, instead of the embedded stores')
    .option('--via <way>', `with --stack: ${VIA_HELP}`)
    .option('--keep', 'with --stack: leave the servers running to look around')
    .option(...FORMAT_OPTION)
    .option(...RETENTION_OPTION)
    .option('--report <file>', 'write the result as JSON as well')
    .option(...DOMAINS_OPTION)
    .option(...DETECTOR_OPTION)
  addGeneratorOptions(command, [...simulations.values()], { without: SET_HERE }).action(async (flags: DemoFlags) => {
    const catalog = readDomains(flags.domains, environment)
    const runs = [...simulations.values()]
      .filter(({ domain }) => catalog.domains.some(({ name }) => name === domain))
      .map(simulation => {
        const options = readGeneratorOptions(simulation, flags, { sink: 'stdout' }, simulation.demo)
        return { simulation, options }
      })
    const format = lakeFormat(flags.format)
    const model = await readDetector(flags.detector, environment)
    const retention = readRetention(flags.martRetention, environment)
    if (flags.report !== undefined) checkReportFile('--report', flags.report, flags.data)
    const startedMs = clock.now()
    const stackDirectory = path.join(flags.data, 'stack')
    const logger = createLogger('demo', { level: 'warn' })
    const say = (line: string): void => terminal.say(line)
    const release = await takeDirectory(flags.data, logger)
    try {
      // Servers that an earlier run left with --keep: emptying the folder would lose sight of them.
      if (await describeStack(stackDirectory)) await stopStack(stackDirectory, { removeData: true })
      await emptyDirectory(flags.data)
      await run()
    } finally {
      await release()
    }

    async function run(): Promise<void> {
      const stack = flags.stack
        ? await startStack({
            directory: stackDirectory,
            fresh: true,
            ...readVia(flags.via),
            detached: flags.keep === true,
            onProgress: say,
            signal,
          })
        : undefined
      let keepServers = flags.keep === true
      try {
        const result = await runDemo({
          directory: flags.data,
          catalog,
          runs,
          lakeFormat: format,
          ...(model && { model }),
          gateway: { host: '127.0.0.1', port: 0 },
          openPlatform: () =>
            stack
              ? openServerPlatform(stack.addresses, { clock, logger, ...(retention && { retention }) })
              : openEmbeddedPlatform(flags.data, { clock, logger, ...(retention && { retention }) }),
          clock,
          logger,
          signal,
          onStep: say,
          onProgress: (...lines) => terminal.progress(...lines),
        })
        terminal.endProgress()
        const option = stack ? `--stack ${shellWord(stackDirectory)}` : `--data ${shellWord(flags.data)}`
        const choice = !stack || keepServers ? { option } : null
        const { data: directory, report, martRetention } = flags
        const page = path.join(directory, RUN_PAGE)
        await writeFile(page, await renderRunPage(result))
        printDemo(terminal, result, { choice, directory, page, report, martRetention })
        if (stack && keepServers)
          terminal.print(`  servers run on; stop them with: ${stackCommand('down', stackDirectory)}`)
        terminal.print(`Done in ${Math.round((clock.now() - startedMs) / 1000)} s.`)
        finish(isRight(result) ? ExitCode.ok : ExitCode.difference)
        if (flags.report !== undefined) await writeFile(flags.report, demoReportJson(result, runs[0]!.options.seed))
      } catch (error) {
        keepServers = false
        throw error
      } finally {
        if (stack && !keepServers) await stack.stop({ removeData: true })
      }
    }
  })
}
