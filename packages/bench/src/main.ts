import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { nearest } from '@millrace/runtime'
import { type Stack, type StackAddresses, startStack } from '@millrace/testing'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { type Comparison, compare, WIDE_SPREAD } from './compare.ts'
import { loadRows, type RegisteredRow } from './registry.ts'
import { figure, percent } from './report/figures.ts'
import { describeMachine } from './report/machine.ts'
import { renderPage } from './report/page.ts'
import { type Result, verdict } from './report/result.ts'
import type { Server } from './row.ts'
import { SideClient } from './side-client.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const kept = path.join(root, 'docs/performance.json')
const page = path.join(root, 'docs/performance.md')
const nowhere: StackAddresses = { kafka: null, hdfs: null, cassandra: null }
const MAX_GOES = 3

interface Flags {
  readonly pairs: number
  readonly list?: true
  readonly write: boolean
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const rows = await loadRows()

function rowId(value: string, previous: readonly string[] = []): readonly string[] {
  const id = value.toUpperCase()
  if (rows.some(row => row.id === id)) return [...previous, id]
  const known = rows.map(row => row.id)
  const suggestion = nearest(id, known)
  throw new InvalidArgumentError(
    `There is no row ${value}${suggestion ? `; did you mean ${suggestion}` : ''}. Known: ${known.join(', ')}.`,
  )
}

function pairsOf(value: string): number {
  const pairs = Number(value)
  if (!Number.isInteger(pairs) || pairs < 1) throw new InvalidArgumentError(`Expected a whole number from 1.`)
  return pairs
}

async function startServers(needs: ReadonlySet<Server>, directory: string): Promise<Stack | null> {
  if (needs.size === 0) return null
  return startStack({
    directory,
    kafkaBrokers: needs.has('kafka') ? 1 : 0,
    dataNodes: needs.has('hdfs') ? 1 : 0,
    cassandra: needs.has('cassandra'),
    quickStart: false,
    onProgress: line => say(`  ${line}`),
  })
}

async function measure(row: RegisteredRow, addresses: StackAddresses, pairs: number): Promise<Comparison> {
  const directory = mkdtempSync(path.join(os.tmpdir(), `millrace-bench-${row.id}-`))
  const sides: SideClient[] = []
  try {
    const setting = (await row.prepare?.({ addresses, directory })) ?? null
    const open = async (which: 'ours' | 'other'): Promise<SideClient> => {
      const side = new SideClient(row.file, which)
      sides.push(side)
      await side.open({ addresses, directory, setting })
      return side
    }
    const [ours, other] = [await open('ours'), await open('other')]
    return await compare({
      ours: () => ours.round(),
      other: () => other.round(),
      pairs,
      maxGoes: MAX_GOES,
      onPair: (pair, number) =>
        say(
          `  ${number}: ${figure(pair.ours)} / ${figure(pair.other)} ${row.unit} = ${figure(pair.ours / pair.other)}`,
        ),
    })
  } finally {
    await Promise.allSettled(sides.map(side => side.close()))
    rmSync(directory, { recursive: true, force: true })
  }
}

const commitOfNow = (): string => {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

function keep(results: readonly Result[]): void {
  const before: readonly Result[] = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : []
  const all = rows.flatMap(({ id }) => {
    const result = results.find(one => one.id === id) ?? before.find(one => one.id === id)
    return result ? [result] : []
  })
  writeFileSync(kept, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(page, renderPage(all))
  say(`Wrote ${path.relative(process.cwd(), page)} and ${path.relative(process.cwd(), kept)}.`)
}

async function bench(ids: readonly string[] = [], { pairs, list, write }: Flags): Promise<void> {
  if (list) {
    for (const { id, title, needs } of rows)
      process.stdout.write(`${id.padEnd(4)} ${title}${needs.length > 0 ? ` (${needs.join(', ')})` : ''}\n`)
    return
  }
  const chosen = ids.length === 0 ? rows : rows.filter(({ id }) => ids.includes(id))
  const directory = path.join(root, '.millrace/bench')
  mkdirSync(directory, { recursive: true })
  const stack = await startServers(new Set(chosen.flatMap(({ needs }) => needs)), path.join(directory, 'servers'))
  const machine = describeMachine(commitOfNow())
  const results: Result[] = []
  let failures = 0
  try {
    for (const row of chosen) {
      say(`${row.id}: ${row.title}`)
      try {
        const comparison = await measure(row, stack?.addresses ?? nowhere, pairs)
        const { id, title, unit, goal } = row
        const result: Result = { id, title, unit, goal, comparison, at: new Date().toISOString(), machine }
        results.push(result)
        const wide = comparison.spread > WIDE_SPREAD ? ', too wide to be trusted' : ''
        process.stdout.write(
          `${id.padEnd(4)} ${figure(comparison.ratio).padStart(6)}  spread ${percent(comparison.spread)}${wide}  ${goal.bound} ${goal.must}, aim ${goal.aim}: ${verdict(result)}\n`,
        )
      } catch (error) {
        failures++
        process.stdout.write(`${row.id.padEnd(4)} failed: ${(error as Error).message}\n`)
      }
    }
  } finally {
    await stack?.stop({ removeData: true })
  }
  if (write && results.length > 0) keep(results)
  if (failures > 0) process.exitCode = 1
}

const program = new Command('bench')
  .description('compare Millrace with stock libraries and peers, in ratios; without rows: all of them')
  .argument('[row...]', 'rows to measure', rowId)
  .option('--pairs <n>', 'pairs of one go', pairsOf, 5)
  .option('--list', 'show the rows and the servers that they need')
  .option('--no-write', 'leave docs/performance.md as it is')
  .showSuggestionAfterError()
  .exitOverride()
  .action(bench)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : 2
}
