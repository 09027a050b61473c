import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { domainNames } from '@millrace/domains'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('domain-choice')
const data = path.join(directory, 'data')

/** Runs a command with an environment; one that runs until it is stopped is stopped once it has started. */
async function millrace(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const terminal = captureTerminal()
  const abort = new AbortController()
  const say = (line: string): void => {
    terminal.say(line)
    if (line.includes('Ctrl-C stops it')) abort.abort()
  }
  const code = await runCli(args, {
    terminal: { ...terminal, say },
    stdin: Readable.from([]),
    signal: abort.signal,
    environment,
    clock: systemClock,
  })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

const gateway = (environment: NodeJS.ProcessEnv, ...args: string[]) =>
  millrace(environment, 'gateway', '--port', '0', '--data', data, ...args)

beforeAll(async () => {
  expect(await gateway({ MILLRACE_DOMAINS: 'antenna' })).toMatchObject({ code: 0 })
})

describe('MILLRACE_DOMAINS', () => {
  it('chooses the domains where --domains is not given', async () => {
    const keys = await millrace({}, 'keys', 'list', '--file', path.join(data, 'keys.json'))
    expect(keys.out).toContain('antenna.raw')
    expect(keys.out).not.toContain('lol.raw')
  })

  it.each([
    [{ MILLRACE_DOMAINS: 'antena' }, [], /^MILLRACE_DOMAINS has "antena": did you mean antenna\? Expected some of lol/],
    [{ MILLRACE_DOMAINS: ' ' }, [], /^MILLRACE_DOMAINS has " ": .*xpected some of lol/],
    [{ MILLRACE_DOMAINS: 'antenna' }, ['--domains', 'loll'], /^--domains has "loll": did you mean lol\?/],
  ])('is validated as --domains is, which comes first: %o %o', async (environment, args, message) => {
    const { code, err } = await gateway(environment, ...args)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })
})

describe('stores that have some of the domains', () => {
  it('are worked on as far as they go, and what is left out is said', async () => {
    const topics = await millrace({}, 'topics', 'list', '--data', data)
    expect(topics).toMatchObject({ code: 0, err: expect.stringContaining('Left out: no topic of lol') })
    expect(topics.out).toContain('antenna.raw')
    expect(topics.out).not.toContain('lol.raw')
    const compared = await millrace({}, 'reconcile', '--data', data)
    expect(compared).toMatchObject({ code: 0, err: expect.stringContaining('Left out: no topic of lol') })
    expect(compared.out).toContain('antenna.raw')
  })

  it('are refused to a command that names a domain which is not there', async () => {
    expect(await millrace({}, 'reconcile', '--data', data, '--domains', 'antenna,lol')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^--domains has antenna, lol, but no topic of lol is in .*log: leave it out\.$/),
    })
    expect(await millrace({ MILLRACE_DOMAINS: 'lol' }, 'topics', 'list', '--data', data)).toMatchObject({
      code: 2,
      err: expect.stringContaining('MILLRACE_DOMAINS has lol, but no topic of lol'),
    })
  })

  it('never leave out a domain with acknowledged events', async () => {
    const ledger = path.join(directory, 'ledger')
    mkdirSync(path.join(ledger, 'lol.raw'), { recursive: true })
    writeFileSync(path.join(ledger, 'lol.raw', 'sender.ids'), 'b405fd3c-785b-4e42-a825-52a75f3d82a4\n')
    const { code, err } = await millrace({}, 'reconcile', '--data', data, '--ledger', ledger)
    expect(err).toMatch(/There is no topic lol\./)
    expect(code).toBe(2)
  })

  it('have no table of the others', async () => {
    for (const command of [['alerts'], ['mart', 'lol_alerts_by_day', '--format', 'json']]) {
      const { code, err } = await millrace({}, ...command, '--data', data)
      expect(err).toMatch(
        /^There is no table lol_alerts_by_day in .*: the domain lol has not been run on it\. Tables there: antenna_/,
      )
      expect(code).toBe(2)
    }
  })

  it('are refused where they have none', async () => {
    mkdirSync(path.join(directory, 'empty/log'), { recursive: true })
    const { code, err } = await millrace({}, 'topics', 'list', '--data', path.join(directory, 'empty'))
    expect(err).toMatch(/^There is no domain to look at, no topic of lol, .*antenna.* is in .*: create them with/)
    expect(code).toBe(2)
  })
})

describe.each(domainNames)('a demo of %s alone', domain => {
  it('ends with commands that work', async () => {
    const folder = path.join(directory, domain)
    const demo = await millrace({}, 'demo', '--domains', domain, '--data', folder, '--duration', '5m')
    expect(demo).toMatchObject({ code: 0 })
    const commands = [...demo.out.matchAll(/npm run millrace -- (.*)/g)].map(([, words = '']) => words.split(' '))
    expect(commands.map(([name]) => name)).toEqual(expect.arrayContaining(['topics', 'reconcile']))
    for (const words of commands) expect(await millrace({}, ...words)).toMatchObject({ code: 0 })
  })
})
