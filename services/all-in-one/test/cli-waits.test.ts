import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { domainNames } from '@millrace/domains'
import { type Clock, systemClock } from '@millrace/runtime'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram, runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = mkdtempSync(path.join(os.tmpdir(), 'cli-waits-'))
const sockets = new Set<Socket>()
/** Accepts connections and never answers. */
const silent = createServer(socket => {
  sockets.add(socket.on('error', () => {}))
})
beforeAll(() => new Promise<void>(resolve => void silent.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  silent.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Sleeps end after a fiftieth of their time: a command is to speak after a few seconds. */
const fast: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms / 50, signal) }

/** The commands that use servers, because they may be told to with --stack, and those that send to one. */
function remoteCommands(command: Command, words: readonly string[] = []): string[] {
  const isRemote = command.options.some(({ long }) => ['--stack', '--sink', '--url'].includes(long ?? ''))
  const own = words.length > 0 && isRemote && command.commands.length === 0 ? [words.join(' ')] : []
  return [...own, ...command.commands.flatMap(child => remoteCommands(child, [...words, child.name()]))]
}

const context = {
  stdin: Readable.from([]),
  signal: new AbortController().signal,
  environment: {},
  clock: systemClock,
}
/** These start their servers, or take those of a folder whose servers run. */
const WITH_OWN_SERVERS = ['demo', 'gateway']
const commands = remoteCommands(createProgram({ ...context, terminal: captureTerminal() }, () => {})).filter(
  name => !WITH_OWN_SERVERS.includes(name),
)

const REPLAYED = '{"id":"a","topic":"lol.raw","record":{"account":"a"}}'
const small = ['--duration', '1m', '--sink', 'gateway', '--api-key', 'mr_a_b']
const needs: Readonly<Record<string, (url: string) => readonly string[]>> = {
  ...Object.fromEntries(
    domainNames.map(name => [`generate ${name}`, (url: string) => [...small, '--gateway-url', url]]),
  ),
  mart: () => ['antenna_bytes'],
  erase: () => ['--account', 'a'],
  heatmap: () => ['shop.example/', '--out', path.join(directory, 'heat.svg')],
  match: () => ['room', '--out', path.join(directory, 'match.svg')],
  report: () => ['--out', path.join(directory, 'report.html')],
  'failed show': () => ['id'],
  'failed export': () => [path.join(directory, 'exported.ndjson')],
  'failed replay': url => ['-', '--api-key', 'mr_a_b', '--url', url],
}

/** Why nothing is answered where nothing listens; a client that tries again may know it later than the first line is due. */
const REFUSED = /ECONNREFUSED|nothing listens/

/** Servers as the environment of a command names them. */
const serversAt = (port: number): NodeJS.ProcessEnv => ({
  MILLRACE_KAFKA_BROKERS: `127.0.0.1:${port}`,
  MILLRACE_CASSANDRA_CONTACT_POINTS: '127.0.0.1',
  MILLRACE_CASSANDRA_PORT: String(port),
  MILLRACE_CASSANDRA_LOCAL_DATA_CENTER: 'datacenter1',
  MILLRACE_WEBHDFS_URLS: `http://127.0.0.1:${port}`,
  MILLRACE_WEBHDFS_USER: 'test',
})

/** Runs a command until it has said what it waits for, in a line that has the reason, or has ended by itself, and then stops it. */
async function run(name: string, port: number, reason: RegExp) {
  const terminal = captureTerminal()
  const abort = new AbortController()
  const told: string[] = []
  const say = (line: string): void => {
    terminal.say(line)
    if (!/^Waiting for |^\w+_not_taking: /.test(line)) return
    told.push(line)
    if (!reason.test(line)) return
    // Long enough for a second line, if there were one for each look.
    void systemClock.sleep(300).then(() => abort.abort())
  }
  const args = [...name.split(' '), ...(needs[name]?.(`http://127.0.0.1:${port}`) ?? [])]
  const code = await runCli(args, {
    terminal: { ...terminal, say },
    stdin: Readable.from([REPLAYED]),
    ...{ signal: abort.signal, environment: serversAt(port), clock: fast },
  })
  return { code, told, last: terminal.said.slice(-2).join('\n') }
}

describe.each(commands)('%s', name => {
  it('says why, where nothing listens at the address of its server', { timeout: 60_000 }, async () => {
    const { code, told, last } = await run(name, 1, REFUSED)
    expect(code).toBe(1)
    expect(new Set(told).size).toBe(told.length)
    expect(last).toMatch(REFUSED)
  })

  it('says what it waits for, once, where its server never answers, and at the end', { timeout: 20_000 }, async () => {
    const { port } = silent.address() as { port: number }
    const { code, told, last } = await run(name, port, /^/)
    expect(code).toBe(1)
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told).size).toBe(told.length)
    expect(last).toMatch(/Stopped while waiting for .*: .+\.$|The last warning: |cannot be reached|did not answer/)
  })
})

it('is tried for every command that may use servers', () => {
  expect(commands).toEqual(
    expect.arrayContaining([
      'reconcile',
      'report',
      'alerts',
      'mart',
      'heatmap',
      'failed list',
      'failed replay',
      'topics ensure',
    ]),
  )
})
