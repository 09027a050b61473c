import { describeStack, type StackWay, startStack, stopStack } from '@millrace/testing'
import type { Command } from 'commander'
import { type CommandContext, ExitCode } from '../context.ts'
import { DEFAULT_STACK, stackCommand } from '../select-platform.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'
import { createWaits } from '../waits.ts'

const MIB = 2 ** 20

function oneOf<T extends number>(text: string, choices: readonly T[], option: string): T {
  const choice = choices.find(candidate => String(candidate) === text)
  if (choice === undefined) throw new UsageError(`${option} is "${text}": expected ${choices.join(' or ')}.`)
  return choice
}

/** Of the option `--via`. */
export const VIA_HELP = 'run them by docker (containers) or java (processes) only; default: docker where it can be used'

/** Reads the option `--via`. */
export function readVia(via: string | undefined): { way?: StackWay } {
  if (via === undefined) return {}
  const way = WAYS.find(name => name === via)
  if (!way) throw new UsageError(`--via is "${via}": expected ${WAYS.join(' or ')}.`)
  return { way }
}

const WAYS = ['docker', 'java'] as const
const WAY_WORDS: Record<StackWay, string> = { docker: 'In containers', java: 'As Java processes' }

export function addStackCommand(program: Command, context: CommandContext, finish: (code: number) => void): void {
  const { terminal, signal } = context
  const stack = program
    .command('stack')
    .description('real Kafka, HDFS and Cassandra on this machine, on free ports of 127.0.0.1')
  const inDirectory = (command: Command): Command =>
    command.option('--directory <folder>', 'folder of their data, logs and pid files', DEFAULT_STACK)

  inDirectory(stack.command('up'))
    .description('start them; they run on until "stack down"')
    .option('--brokers <n>', 'Kafka brokers: 1 or 3', '1')
    .option('--data-nodes <n>', 'HDFS DataNodes: 1, 2 or 3', '1')
    .option('--fresh', 'remove what an earlier run left')
    .option('--via <way>', VIA_HELP)
    .action(async (options: { directory: string; brokers: string; dataNodes: string; fresh?: true; via?: string }) => {
      const started = await startStack({
        directory: options.directory,
        kafkaBrokers: oneOf(options.brokers, [1, 3], '--brokers'),
        dataNodes: oneOf(options.dataNodes, [1, 2, 3], '--data-nodes'),
        fresh: options.fresh === true,
        ...readVia(options.via),
        detached: true,
        signal,
        onProgress: line => terminal.say(line),
      })
      const { kafka, hdfs, cassandra } = started.addresses
      terminal.print(`Kafka      ${kafka?.brokers.join(', ')}`)
      terminal.print(`HDFS       ${hdfs?.nameNodes.join(', ')} (WebHDFS, user ${hdfs?.user})`)
      terminal.print(
        `Cassandra  ${cassandra?.contactPoints.join(', ')}:${cassandra?.port} (${cassandra?.localDataCenter})`,
      )
      terminal.say(`Stop them with: ${stackCommand('down', options.directory)}`)
    })

  inDirectory(stack.command('status'))
    .description('show what runs')
    .option('--json', 'print JSON')
    .action(async ({ directory, json }: { directory: string; json?: true }) => {
      const description = await describeStack(directory)
      if (json) terminal.print(JSON.stringify(description, null, 2))
      else if (!description)
        terminal.say(`There are no servers in ${directory}: start them with "${stackCommand('up', directory)}".`)
      else {
        terminal.print(`${WAY_WORDS[description.way]}, since ${description.startedAt}`)
        for (const line of formatTable(
          ['server', 'state', 'ready', 'address', 'pid', 'MiB', 'log'],
          description.servers.map(server => [
            server.name,
            server.state,
            server.ready ? 'yes' : 'no',
            server.address,
            server.pid === null ? '-' : String(server.pid),
            String(Math.round(server.rssBytes / MIB)),
            server.log,
          ]),
        ))
          terminal.print(line)
      }
      if (!description?.servers.every(server => server.ready)) finish(ExitCode.failed)
    })

  inDirectory(stack.command('down'))
    .description('stop them; their data stays')
    .option('--remove-data', 'remove what they stored')
    .action(async ({ directory, removeData }: { directory: string; removeData?: true }) => {
      const stopping = stopStack(directory, { removeData: removeData === true })
      const ended = await createWaits(context).during('the servers to end', stopping, () => 'they close their files')
      terminal.say(ended.length > 0 ? `Stopped ${ended.join(', ')}.` : `Nothing ran in ${directory}.`)
      if (removeData) terminal.say('Removed their data.')
    })
}
