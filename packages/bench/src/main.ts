import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { nearest } from '@millrace/runtime'
import { type Stack, type StackAddresses, startStack } from '@millrace/testing'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { splitByAvailability } from './availability.ts'
import { WIDE_SPREAD } from './compare.ts'
import { measureCurve, measureRow } from './measure.ts'
import { loadCurves, loadRows } from './registry.ts'
import { figure, percent } from './report/figures.ts'
import { keepResults } from './report/keep.ts'
import { describeMachine } from './report/machine.ts'
import { growth, type Results, type RowResult, verdict } from './report/result.ts'
import type { Server } from './row.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const nowhere: StackAddresses = { kafka: null, hdfs: null, cassandra: null }

interface Flags {
  readonly rounds?: number
  readonly list?: true
  readonly write: boolean
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`)
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const rows = await loadRows()
const curves = await loadCurves()
const known = [...rows, ...curves].map(({ id }) => id)

function idOf(value: string, previous: readonly string[] = []): readonly string[] {
  const id = known.find(one => one.toLowerCase() === value.toLowerCase())
  if (id) return [...previous, id]
  const suggestion = nearest(value, known) ?? nearest(value.toUpperCase(), known)
  throw new InvalidArgumentError(
    `There is no row or curve ${value}${suggestion ? `; did you mean ${suggestion}` : ''}. Known: ${known.join(', ')}.`,
  )
}

function roundsOf(value: string): number {
  const rounds = Number(value)
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError('Expected a whole number from 1.')
  return rounds
}

async function startServers(needs: ReadonlySet<Server>): Promise<Stack | null> {
  if (needs.size === 0) return null
  const directory = path.join(root, '.millrace/bench/servers')
  mkdirSync(directory, { recursive: true })
  return startStack({
    directory,
    kafkaBrokers: needs.has('kafka') ? 1 : 0,
    dataNodes: needs.has('hdfs') ? 1 : 0,
    cassandra: needs.has('cassandra'),
    quickStart: false,
    fresh: true,
    onProgress: line => progress(`  ${line}`),
  })
}

const commitOfNow = (): string => {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

function list(): void {
  for (const { id, title, needs } of [...rows, ...curves])
    print(`${id.padEnd(15)} ${title}${needs.length > 0 ? ` (${needs.join(', ')})` : ''}`)
}

async function bench(ids: readonly string[] = [], flags: Flags): Promise<void> {
  if (flags.list) return list()
  const isChosen = ({ id }: { readonly id: string }): boolean => ids.length === 0 || ids.includes(id)
  const { available: chosenRows, skipped } = await splitByAvailability(rows.filter(isChosen))
  for (const { id, reason } of skipped) print(`${id.padEnd(4)} skipped: ${reason}`)
  const chosenCurves = curves.filter(isChosen)
  const stack = await startServers(new Set([...chosenRows, ...chosenCurves].flatMap(({ needs }) => needs)))
  const options = { addresses: stack?.addresses ?? nowhere, rounds: flags.rounds }
  const machine = describeMachine(commitOfNow())

  /** At once, so that a run of an hour that is broken off has not been for nothing. */
  const keep = (results: Partial<Results>): void => {
    if (flags.write) keepResults(path.join(root, 'docs'), { rows: [], curves: [], ...results }, { rows, curves })
  }

  /** One that fails does not keep the others from being measured. */
  const attempt = async (id: string, title: string, measure: () => Promise<string>): Promise<void> => {
    progress(`${id}: ${title}`)
    const line = await measure().catch((error: unknown) => {
      process.exitCode = 1
      return `failed: ${(error as Error).message}`
    })
    print(`${id.padEnd(4)} ${line}`)
  }

  try {
    for (const row of chosenRows)
      await attempt(row.id, row.title, async () => {
        const { id, title, unit, goal } = row
        const comparison = await measureRow(row, options, ({ ours, other }, number) =>
          progress(`  ${number}: ${figure(ours)} / ${figure(other)} ${unit} = ${figure(ours / other)}`),
        )
        const result: RowResult = { id, title, unit, goal, comparison, at: new Date().toISOString(), machine }
        keep({ rows: [result] })
        const wide = comparison.spread > WIDE_SPREAD ? ', too wide to be trusted' : ''
        return `${figure(comparison.ratio).padStart(6)}  spread ${percent(comparison.spread)}${wide}  ${goal.bound} ${goal.must}, aim ${goal.aim}: ${verdict(result)}`
      })
    for (const curve of chosenCurves)
      await attempt(curve.id, curve.title, async () => {
        const { id, title, of, unit, remark } = curve
        const points = await measureCurve(curve, options, (figures, number) =>
          progress(`  ${number}: ${figures.map(figure).join('  ')} ${unit}`),
        )
        const at = new Date().toISOString()
        keep({ curves: [{ id, title, of, unit, points, at, machine, ...(remark !== undefined && { remark }) }] })
        return `${points.map(({ y }) => figure(y)).join('  ')} ${unit}: ${figure(growth({ points }))} times from the cheapest to the dearest`
      })
  } finally {
    await stack?.stop({ removeData: true })
  }
  if (flags.write) progress('Wrote docs/performance.md and docs/performance.json.')
}

const program = new Command('bench')
  .description('compare Millrace with stock libraries and peers, in ratios; without names: all rows and curves')
  .argument('[name...]', 'rows and curves to measure', idOf)
  .option('--rounds <n>', 'pairs of a row between two openings (3), rounds of a curve (5)', roundsOf)
  .option('--list', 'show rows and curves, and the servers that they need')
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
