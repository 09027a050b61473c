import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { systemClock } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = mkdtempSync(path.join(os.tmpdir(), 'domain-choice-'))
const data = path.join(directory, 'data')
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Runs a command with an environment; one that runs until it is stopped is stopped once it has started. */
async function millrace(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const terminal = captureTerminal()
  const abort = new AbortController()
  const say = (line: string): void => {
    terminal.say(line)
    // The command begins to listen for the end right after this line.
    if (line.includes('Ctrl-C stops it')) queueMicrotask(() => abort.abort())
  }
  const code = await runCli(args, {
    terminal: { ...terminal, say },
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
    [{ MILLRACE_DOMAINS: ' ' }, [], /^MILLRACE_DOMAINS has " ": expected some of lol/],
    [{ MILLRACE_DOMAINS: 'antenna' }, ['--domains', 'loll'], /^--domains has "loll": did you mean lol\?/],
  ])('is validated as --domains is, which comes first: %o %o', async (environment, args, message) => {
    const { code, err } = await gateway(environment, ...args)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })
})
