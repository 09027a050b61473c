import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { createKey, listKeys, revokeKey } from '@millrace/ingest-gateway'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { DEFAULT_DATA } from '../select-platform.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const DEFAULT_FILE = path.join(DEFAULT_DATA, 'keys.json')
const CLIENT_TOPICS = [...catalog.routes.values()].map(({ name }) => name)
const RAW = CLIENT_TOPICS.filter(name => name.endsWith('.raw')).join(',')

function rate(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new UsageError(`${option} is "${text}": expected a whole number above 0.`)
}

export function addKeysCommand(program: Command, { terminal }: CommandContext): void {
  const keys = program
    .command('keys')
    .description("create, list and revoke the gateway's API keys; a running gateway notices at once")

  keys
    .command('create <name>')
    .description('create a key; it is shown once and stored only as a hash')
    .option('--file <file>', 'file of keys', DEFAULT_FILE)
    .option('--topics <topics>', `topics that the key may write, separated by commas: ${CLIENT_TOPICS.join(', ')}`, RAW)
    .option('--records-per-second <n>', 'quota')
    .option('--bytes-per-second <n>', 'quota')
    .action(
      async (
        name: string,
        options: { file: string; topics: string; recordsPerSecond?: string; bytesPerSecond?: string },
      ) => {
        const topics = options.topics.split(',').map(topic => topic.trim())
        const recordsPerSecond = rate(options.recordsPerSecond, '--records-per-second')
        const bytesPerSecond = rate(options.bytesPerSecond, '--bytes-per-second')
        const quota = {
          ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
          ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        }
        const { key, entry } = await createKey(options.file, { name, topics, quota }, { topics: CLIENT_TOPICS })
        terminal.say(`Key ${entry.id} for ${topics.join(', ')} in ${options.file}. It is shown only now:`)
        terminal.print(key)
      },
    )

  keys
    .command('list')
    .description('list the keys')
    .option('--file <file>', 'file of keys', DEFAULT_FILE)
    .option('--json', 'print JSON')
    .action(async ({ file, json }: { file: string; json?: true }) => {
      const list = await listKeys(file)
      if (json) terminal.print(JSON.stringify(list, null, 2))
      else if (list.length === 0)
        terminal.say(`No keys in ${file}: create one with "npm run millrace -- keys create <name>".`)
      else
        for (const line of formatTable(
          ['id', 'name', 'topics', 'created', 'state'],
          list.map(({ id, name, topics, createdAt, revokedAt }) => [
            String(id),
            String(name),
            String(topics),
            String(createdAt),
            revokedAt ? `revoked ${revokedAt}` : 'live',
          ]),
        ))
          terminal.print(line)
    })

  keys
    .command('revoke <id>')
    .description('revoke a key')
    .option('--file <file>', 'file of keys', DEFAULT_FILE)
    .action(async (id: string, { file }: { file: string }) => {
      await revokeKey(file, id)
      terminal.say(`Key ${id} is revoked.`)
    })
}
