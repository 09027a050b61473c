import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { createKey, type ListedKey, listKeys, revokeKey } from '@millrace/ingest-gateway'
import { shellWord } from '@millrace/runtime'
import type { Command } from 'commander'
import type { CommandContext } from '../context.ts'
import { DEFAULT_DATA } from '../select-platform.ts'
import { formatTable } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const DEFAULT_FILE = path.join(DEFAULT_DATA, 'keys.json')
const CLIENT_TOPICS = [...catalog.routes.values()].map(({ name }) => name)
const BROWSER_TOPICS = [...catalog.routes.values()].filter(({ route }) => route?.browsers).map(({ name }) => name)
const RAW = CLIENT_TOPICS.filter(name => name.endsWith('.raw')).join(',')

function rate(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new UsageError(
    `${option} is "${text.slice(0, 40)}": expected a whole number above 0, at most ${Number.MAX_SAFE_INTEGER}.`,
  )
}

const listOf = (text: string): string[] => text.split(',').map(part => part.trim())

const quotaOf = ({ recordsPerSecond, bytesPerSecond }: ListedKey['quota']): string =>
  [
    ...(recordsPerSecond === undefined ? [] : [`${recordsPerSecond.toLocaleString('en-US')} records/s`]),
    ...(bytesPerSecond === undefined ? [] : [`${bytesPerSecond.toLocaleString('en-US')} bytes/s`]),
  ].join(', ') || '-'

export function addKeysCommand(program: Command, { terminal }: CommandContext): void {
  const onRepair = (sentence: string): void => terminal.say(sentence)
  const keys = program
    .command('keys')
    .description("create, list and revoke the gateway's API keys; a running gateway notices at once")

  keys
    .command('create <name>')
    .description('create a key; it is shown once and stored only as a hash')
    .option('--file <file>', 'file of keys', DEFAULT_FILE)
    .option(
      '--topics <topics>',
      `topics that the key may write, separated by commas: ${CLIENT_TOPICS.join(', ')} (default: "${RAW}"; of a browser key: "${BROWSER_TOPICS.join(',')}")`,
    )
    .option('--browser', 'make a browser key, which is public: it needs --origin and a quota')
    .option('--records-per-second <n>', 'quota')
    .option('--bytes-per-second <n>', 'quota')
    .option(
      '--cors-origins, --origin <origins>',
      'origins of web pages that may send with the key, separated by commas, or *',
    )
    .action(
      async (
        name: string,
        options: {
          file: string
          topics?: string
          browser?: true
          recordsPerSecond?: string
          bytesPerSecond?: string
          origin?: string
        },
      ) => {
        const browser = options.browser === true
        const topics = listOf(options.topics ?? (browser ? BROWSER_TOPICS.join(',') : RAW))
        const corsOrigins = options.origin === undefined ? [] : listOf(options.origin)
        const recordsPerSecond = rate(options.recordsPerSecond, '--records-per-second')
        const bytesPerSecond = rate(options.bytesPerSecond, '--bytes-per-second')
        const quota = {
          ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
          ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        }
        const { key, entry } = await createKey(
          options.file,
          { name, topics, quota, corsOrigins, browser },
          { topics: CLIENT_TOPICS, browserTopics: BROWSER_TOPICS, onRepair },
        )
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
      const list = await listKeys(file, { onRepair })
      if (json) terminal.print(JSON.stringify(list, null, 2))
      else if (list.length === 0)
        terminal.say(
          `No keys in ${file}: create one with "npm run millrace -- keys create <name>${file === DEFAULT_FILE ? '' : ` --file ${shellWord(file)}`}".`,
        )
      else
        for (const line of formatTable(
          ['id', 'name', 'kind', 'topics', 'quota', 'origins', 'created', 'state'],
          list.map(({ id, name, topics, quota, corsOrigins, browser, createdAt, revokedAt }) => [
            id,
            name,
            browser ? 'browser' : 'API',
            topics.join(','),
            quotaOf(quota),
            corsOrigins.join(',') || '-',
            createdAt,
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
      await revokeKey(file, id, { onRepair })
      terminal.say(`Key ${id} is revoked.`)
    })
}
