import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitUntil } from '@millrace/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { simulate } from './population.ts'

const main = fileURLToPath(new URL('../../../../services/lol-generator/src/main.ts', import.meta.url))
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-lol-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function start(environment: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, TMPDIR: tmpdir(), MILLRACE_ADMIN_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => errors.push(chunk))
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  return { child, exited, errors: () => errors.join('') }
}

const idsIn = (ndjson: string): string[] =>
  ndjson
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line).eventId)
const ledger = async (): Promise<string[]> =>
  (await readFile(join(folder, 'ledger/lol.raw/lol-generator.ids'), 'utf8')).split('\n').slice(0, -1)

/** A generator in the middle of its work. */
async function startEndless() {
  const generator = start({
    MILLRACE_SINK: 'file',
    MILLRACE_OUT: join(folder, 'lol.ndjson'),
    MILLRACE_LEDGER: join(folder, 'ledger'),
    MILLRACE_DURATION: 'forever',
    MILLRACE_SPEED: '600',
  })
  generator.child.stdout.resume()
  await waitUntil(async () => (await ledger()).length > 200, {
    deadlineMs: 60_000,
    what: `200 ids in the ledger; standard error: ${generator.errors()}`,
  })
  return generator
}

describe('the process', () => {
  it('on SIGTERM ends with 0 and has written exactly what its ledger says', async () => {
    const generator = await startEndless()
    generator.child.kill('SIGTERM')
    expect(await generator.exited).toEqual([0, null])
    const written = idsIn(await readFile(join(folder, 'lol.ndjson'), 'utf8'))
    expect(await ledger()).toEqual(written)
  })

  it('killed with -9 leaves at worst fewer ids in the ledger than it wrote', async () => {
    const generator = await startEndless()
    generator.child.kill('SIGKILL')
    expect(await generator.exited).toEqual([null, 'SIGKILL'])
    const text = await readFile(join(folder, 'lol.ndjson'), 'utf8')
    const written = new Set(idsIn(text))
    const acknowledged = await ledger()
    expect(acknowledged.length).toBeGreaterThan(200)
    expect(acknowledged.filter(id => !written.has(id))).toEqual([])
  })

  it('writes nothing but events to standard output', async () => {
    const generator = start({ MILLRACE_DURATION: '2m' })
    let output = ''
    generator.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    expect(await generator.exited).toEqual([0, null])
    const events = simulate({ duration: '2m' }).filter(record => record.topic === 'lol.raw')
    expect(output).toBe(events.map(record => `${record.value}\n`).join(''))
    expect(generator.errors()).toContain('"event":"run_ended"')
  })

  it('ends quietly when nobody reads any more', async () => {
    const generator = start({ MILLRACE_DURATION: 'forever' })
    await once(generator.child.stdout, 'data')
    generator.child.stdout.destroy()
    expect(await generator.exited).toEqual([0, null])
    expect(generator.errors()).not.toMatch(/EPIPE|Error/)
  })

  it('says every mistake in its environment and exits 2', async () => {
    const generator = start({ MILLRACE_PLAYRS: '5', MILLRACE_SPEED: 'fast' })
    expect(await generator.exited).toEqual([2, null])
    expect(generator.errors()).toMatch(/2 problems:\n {2}- .*\n {2}- /)
  })
})
