import { describeStack, startStack, stopStack } from '@millrace/testing'
import type { Command } from 'commander'
import { type CommandContext, ExitCode } from '../context.ts'
import { DEFAULT_STACK } from '../select-platform.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const MIB = 2 ** 20

function oneOf<T extends number>(text: string, choices: readonly T[], option: string): T {
  const choice = choices.find(candidate => String(candidate) === text)
  if (choice === undefined) throw new UsageError(`${option} is "${text}": expected ${choices.join(' or ')}.`)
  return choice
}

export function addStackCommand(
  program: Command,
  { terminal, signal }: CommandContext,
  finish: (code: number) => void,
): void {
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
    .action(async (options: { directory: string; brokers: string; dataNodes: string; fresh?: true }) => {
      const started = await startStack({
        directory: options.directory,
        kafkaBrokers: oneOf(options.brokers, [1, 3], '--brokers'),
        dataNodes: oneOf(options.dataNodes, [1, 2, 3], '--data-nodes'),
        fresh: options.fresh === true,
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
      terminal.say('Stop them with: npm run millrace -- stack down')
    })

  inDirectory(stack.command('status'))
    .description('show what runs')
    .option('--json', 'print JSON')
    .action(async ({ directory, json }: { directory: string; json?: true }) => {
      const description = await describeStack(directory)
      if (json) terminal.print(JSON.stringify(description, null, 2))
      else if (!description)
        terminal.say(`There are no servers in ${directory}: start them with "npm run millrace -- stack up".`)
      else
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
      if (!description?.servers.every(server => server.ready)) finish(ExitCode.failed)
    })

  inDirectory(stack.command('down'))
    .description('stop them; their data stays')
    .action(async ({ directory }: { directory: string }) => {
      const ended = await stopStack(directory)
      terminal.say(ended.length > 0 ? `Stopped ${ended.join(', ')}.` : `Nothing ran in ${directory}.`)
    })
}
