import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { catalog } from '@millrace/domains/contracts'
import { createEmbeddedMart } from '@millrace/mart'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it } from 'vitest'

const ROWS = 20_000
const directory = temporaryDirectory('cli-output')
const table = catalog.tables.find(({ clusteringKey }) => clusteringKey.length > 0)!
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

beforeAll(async () => {
  mkdirSync(path.join(directory, 'log'))
  const mart = createEmbeddedMart({ file: path.join(directory, 'mart.db') })
  await mart.ensureTables([table])
  const keys = [...table.partitionKey, ...table.clusteringKey.map(({ column }) => column)]
  const valueAt = (column: string, row: number) => (table.columns[column]!.type === 'text' ? `value-${row}` : row)
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    values: Object.fromEntries(keys.map(column => [column, valueAt(column, row)])),
    writeTimeMicros: 1,
  }))
  await mart.upsert(table, rows)
  await mart.close()
})

const showTable = () =>
  spawn(process.execPath, [MAIN, 'mart', table.name, '--data', directory], { stdio: ['ignore', 'pipe', 'pipe'] })

describe('output into a pipe', () => {
  it('is whole when it is read only after the command has printed everything', async () => {
    const child = showTable()
    const ended = once(child, 'close')
    // The last thing that the command says: from here on nothing but the writing keeps it.
    const [said] = await once(child.stderr, 'data')
    expect(String(said)).toContain(`${ROWS} of ${ROWS} rows`)
    const lines = (await text(child.stdout)).trimEnd().split('\n')
    expect(lines).toHaveLength(ROWS + 1)
    expect((await ended)[0]).toBe(0)
  })

  it('may be left unread, as head does it', async () => {
    const child = showTable()
    const ended = once(child, 'close')
    const said = text(child.stderr)
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect((await ended)[0]).toBe(0)
    expect(await said).not.toMatch(/error/i)
  })
})

const FULL = '/dev/full'
const commands = [
  ['--help'],
  ['keys', 'list', '--json', '--file', path.join(directory, 'no-keys.json')],
  ['topics', 'describe', catalog.topics[0]!.name],
  ['mart', table.name, '--data', directory],
  ['mart', table.name, '--data', directory, '--format', 'json', '--limit', '100'],
  ['generate', 'lol', '--players', '3', '--duration', '5m'],
]

describe.skipIf(!existsSync(FULL))('output into a device that is full', () => {
  it.each(commands.map(args => [args.join(' ').replaceAll(directory, '…'), args] as const))(
    'is a failure that says so: %s',
    async (_, args) => {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', openSync(FULL, 'w'), 'pipe'] })
      const ended = once(child, 'close')
      const said = await text(child.stderr!)
      expect((await ended)[0]).toBe(1)
      expect(said.match(/^Standard output cannot be written \(ENOSPC\).*$/gm)).toHaveLength(1)
      expect(said).not.toMatch(/^\s+at /m)
    },
  )

  it('is a failure also of what is said beside the result', async () => {
    const child = spawn(process.execPath, [MAIN, 'keys', 'list', '--file', path.join(directory, 'no-keys.json')], {
      stdio: ['ignore', 'pipe', openSync(FULL, 'w')],
    })
    expect((await once(child, 'close'))[0]).toBe(1)
  })
})
