import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

it('says at once why a gateway takes nothing, and again when it is stopped', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const terminal = captureTerminal()
  const abort = new AbortController()
  const say = (line: string): void => {
    terminal.say(line)
    if (line.startsWith('gateway_not_taking')) abort.abort()
  }
  const code = await runCli(['generate', 'lol', '--sink', 'gateway', '--gateway-url', url, '--api-key', 'key'], {
    terminal: { ...terminal, say },
    stdin: Readable.from([]),
    signal: abort.signal,
    environment: {},
    clock: systemClock,
  })
  expect(code).toBe(1)
  expect(terminal.said[0]).toContain(`gateway_not_taking: url "${url}", reason "`)
  expect(terminal.said[0]).toContain('ECONNREFUSED')
  expect(terminal.said.at(-1)).toMatch(/records were not acknowledged\. The last warning: .*ECONNREFUSED/)
  expect(terminal.printed).toEqual([])
})

it('ends where it was stopped before it had started', async () => {
  const directory = temporaryDirectory('generate')
  const args = ['--duration', 'forever', '--sink', 'file', '--out', path.join(directory, 'events.ndjson')]
  const terminal = captureTerminal()
  const code = await runCli(['generate', 'antenna', ...args], {
    ...{ terminal, stdin: Readable.from([]), signal: AbortSignal.abort(), environment: {}, clock: systemClock },
  })
  expect(code).toBe(0)
  expect(JSON.parse(terminal.said.join('\n'))).toMatchObject({ complete: false, unanswered: 0 })
})

it('shows its summary where a signal comes to it and by its parent, as from timeout and npm', async () => {
  const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
  const url = `http://127.0.0.1:${await freePort()}`
  const args = ['generate', 'lol', '--sink', 'gateway', '--gateway-url', url, '--api-key', 'key']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', chunk => {
    const isFirst = !said.includes('gateway_not_taking')
    said += chunk
    if (isFirst && said.includes('gateway_not_taking')) for (let times = 0; times < 2; times++) child.kill('SIGTERM')
  })
  const [code] = await once(child, 'close')
  expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('The last warning: ') })
})

it('writes the golden answers of what it sent, and nothing where the file cannot be', async () => {
  const directory = temporaryDirectory('generate')
  const parts = { stdin: Readable.from([]), signal: new AbortController().signal, environment: {}, clock: systemClock }
  const generate = async (golden: string) => {
    const terminal = captureTerminal()
    const out = ['--sink', 'file', '--out', path.join(directory, 'events.ndjson'), '--golden', golden]
    return { code: await runCli(['generate', 'antenna', '--duration', '5m', ...out], { ...parts, terminal }), terminal }
  }
  const golden = path.join(directory, 'new', 'golden.ndjson')
  expect(await generate(golden)).toMatchObject({ code: 0 })
  const lines = readFileSync(golden, 'utf8').trimEnd().split('\n')
  const rows = lines.map(line => JSON.parse(line) as { table: string; row?: Record<string, unknown> })
  expect(rows).toContainEqual({ table: 'antenna_unknown_devices', rows: 0 })
  expect(rows).toContainEqual({ table: 'antenna_usage_hourly', rows: 20 })
  const usage = rows.flatMap(({ table, row }) => (table === 'antenna_usage_hourly' && row ? [row] : []))
  expect(usage).toHaveLength(20)
  const events = readFileSync(path.join(directory, 'events.ndjson'), 'utf8').trimEnd().split('\n')
  const sent = events.map(line => JSON.parse(line)).filter(({ bytes }) => bytes !== undefined)
  for (const { id, usage: bytes, events } of usage) {
    const own = sent.filter(event => event.id === id)
    expect({ bytes, events }).toEqual({ bytes: own.reduce((sum, event) => sum + event.bytes, 0), events: own.length })
  }
  const { code, terminal } = await generate('/dev/null/golden.ndjson')
  expect(code).toBe(2)
  expect(terminal.said.at(-1)).toContain('/dev/null/golden.ndjson')
})
