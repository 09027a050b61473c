import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { skipWithout } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'
import { eventsOf, startEmbeddedGateway } from './embedded-log.ts'
import { keyText } from './gateway-kit.ts'

const run = promisify(execFile)
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const guide = await readFile(new URL('../../../docs/guides/other-clients.md', import.meta.url), 'utf8')
const missing = ['bash', 'curl'].filter(tool => spawnSync(tool, ['--version']).error)

interface Block {
  readonly language: string
  readonly text: string
}

const blocks = [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(
  ([, language, text]): Block => ({ language: language!, text: text! }),
)

/** An answer without line breaks, partitions and offsets. */
const comparable = (text: string): string =>
  JSON.stringify(JSON.parse(text)).replace(/"(partition|offset)":\d+/g, '"$1":0')

it('the commands of the guide work as they are printed, and print what it says', async context => {
  skipWithout(context, missing.length > 0 ? `the PATH has no ${missing.join(', ')}` : null)
  const { url, log } = await startEmbeddedGateway()
  const env = { ...process.env, KEY: keyText('test'), URL: url }
  const printed: string[] = []
  for (const { language, text } of blocks) {
    if (language === 'sh')
      printed.push((await run('bash', ['-euo', 'pipefail', '-c', text], { cwd: PACKAGE, env })).stdout)
    else if (language === 'js') await run(process.execPath, ['--input-type=module', '-e', text], { cwd: PACKAGE, env })
  }
  const shown = blocks.filter(({ language }) => language === 'json').map(({ text }) => comparable(text))
  expect(shown).toHaveLength(2)
  expect(printed.slice(0, 2).map(comparable)).toEqual(shown)
  const events = await eventsOf(log, 'lol.raw')
  // One by curl and one by the client of Confluent; by CloudEvents two with curl, and three with the SDK.
  expect(events).toHaveLength(2 + 2 + 3)
  const counts = Map.groupBy(events, ({ eventId }) => eventId)
  expect([...counts.values()].map(({ length }) => length).sort()).toEqual([1, 1, 1, 1, 1, 2])
})
