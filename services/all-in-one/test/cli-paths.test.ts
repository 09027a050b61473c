import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { domainNames } from '@millrace/domains'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import type { Command } from 'commander'
import { beforeAll, describe, expect, it } from 'vitest'
import { createProgram, runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

type Kind = 'file' | 'folder'

const directory = temporaryDirectory('cli-paths')
const at = (...names: string[]): string => path.join(directory, ...names)
let made = 0
const fresh = (): string => at(`fresh-${++made}`)

beforeAll(() => {
  mkdirSync(at('data/log'), { recursive: true })
  mkdirSync(at('folder'))
  writeFileSync(at('file'), '')
  writeFileSync(at('lines'), `{"id":"a","topic":"lol.raw","record":{}}\n`)
  symlinkSync('loop', at('loop'))
})

/** Paths that no command can use, by what is wrong with them. */
const bad: Readonly<Record<string, (kind: Kind) => string>> = {
  'below a file': () => at('file', 'x/y'),
  'a link to itself': () => at('loop'),
  'below a link to itself': () => at('loop', 'x'),
  'with a name that is too long': () => at('n'.repeat(300)),
  'that is too long': () => at(...Array<string>(60).fill('n'.repeat(100))),
  'of the other kind': kind => (kind === 'file' ? at('folder') : at('file')),
  'of blanks': () => ' ',
  'that is empty': () => '',
}

// A command that takes a bad path after all is to end soon.
const context = (terminal = captureTerminal()) => ({
  terminal,
  stdin: Readable.from([]),
  signal: AbortSignal.abort(),
  environment: {},
  clock: systemClock,
})

async function run(...args: string[]) {
  const terminal = captureTerminal()
  const code = await runCli(args, context(terminal))
  return { code, err: terminal.said.join('\n') }
}

interface PathOfCommand {
  readonly words: readonly string[]
  /** Null for an argument. */
  readonly option: string | null
  readonly kind: Kind
}

/** The options and arguments of every command that are a file or a folder. */
function pathsOf(command: Command, words: readonly string[]): PathOfCommand[] {
  const places = [
    ...command.options.map(option => ({ option: option.long ?? null, flags: option.flags })),
    ...command.registeredArguments.map(argument => ({ option: null, flags: `<${argument.name()}>` })),
  ]
  const own = places.flatMap(({ option, flags }) => {
    const kind = /[<[](file|folder)(?:\|-)?[>\]]/.exec(flags)?.[1] as Kind | undefined
    return kind ? [{ words, option, kind }] : []
  })
  return [...own, ...command.commands.flatMap(child => pathsOf(child, [...words, child.name()]))]
}

const generated = (option: string | null): readonly string[] => [
  ...(option === '--replay' ? [] : ['--duration', '1m']),
  ...(option === '--manifest' ? ['--faults', 'dup=0.5'] : []),
]
const unless = (own: string, option: string | null, value: () => string): readonly string[] =>
  own === option ? [] : [own, value()]

/** What a command needs besides the path that is tried. */
const needs: Readonly<Record<string, (option: string | null) => readonly string[]>> = {
  demo: option => [
    ...generated(option),
    ...unless('--data', option, fresh),
    '--domains',
    /-file$/.test(option ?? '') ? 'music' : 'lol',
    '--players',
    '2',
  ],
  ...Object.fromEntries(
    domainNames.map(name => [
      `generate ${name}`,
      (option: string) => [...generated(option), '--sink', 'file', ...unless('--out', option, fresh)],
    ]),
  ),
  gateway: option => ['--port', '0', ...unless('--data', option, fresh)],
  'keys create': () => ['mine'],
  'keys revoke': () => ['id'],
  reconcile: option => (option === '--stack' ? [] : unless('--data', option, () => at('data'))),
  erase: option => ['--account', 'x', ...(option === '--receipt' ? ['--data', at('data')] : [])],
  mart: () => ['antenna_bytes'],
  heatmap: () => ['shop.example/'],
  match: () => ['room'],
  'failed show': () => ['id'],
  'failed export': option => (option === null ? ['--data', at('data')] : [fresh()]),
  'failed replay': option => [
    ...['--api-key', 'mr_a_b', '--url', 'http://127.0.0.1:1', '--retry-timeout', '0s'],
    ...(option === null ? [] : [at('lines')]),
  ],
}

const paths = pathsOf(
  createProgram(context(), () => {}),
  [],
)
const argsOf = ({ words, option }: PathOfCommand, value: string): string[] => [
  ...words,
  ...(option === null ? [value] : [option, value]),
  ...(needs[words.join(' ')]?.(option) ?? []),
]
const nameOf = ({ words, option, kind }: PathOfCommand): string => `${words.join(' ')} ${option ?? `<${kind}>`}`
const RAW = /\bE[A-Z]{3,}: |\berrno\b|, (?:open|mkdir|l?stat|access|scandir|realpath|rename|link) '|unable to open/

describe.each(paths.map(place => [nameOf(place), place] as const))('the path of %s', (_, place) => {
  it.each(Object.entries(bad))('is refused in one sentence before anything is done: one %s', async (_what, pathFor) => {
    const value = pathFor(place.kind)
    const { code, err } = await run(...argsOf(place, value))
    expect(err).not.toMatch(RAW)
    // What only reads says in its own words that nothing is there.
    expect(err).toMatch(/^\S+ is ".*": .+\. Expected the path of a (?:file|folder)\.$/)
    expect(err).toContain(place.option ?? `<${place.kind}>`)
    expect(err.length).toBeLessThan(500)
    expect(code).toBe(2)
  })

  it.runIf(existsSync('/proc/self'))('is named in a sentence where the system makes the files', async () => {
    const { err } = await run(...argsOf(place, '/proc/x/y'))
    expect(err).not.toMatch(RAW)
    expect(err).toMatch(/\/proc\/x/)
  })
})

it('is tried for every command that has one', () => {
  const commands = new Set(paths.map(({ words }) => words[0]))
  expect([...commands]).toEqual(expect.arrayContaining(['demo', 'generate', 'gateway', 'keys', 'failed', 'stack']))
  expect(paths.filter(({ option }) => option === '--out').map(({ words }) => words.join(' '))).toEqual(
    expect.arrayContaining(['report', 'heatmap']),
  )
})
