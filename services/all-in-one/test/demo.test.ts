import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { instantMs } from '@millrace/contracts'
import { domainNames } from '@millrace/domains'
import { catalog } from '@millrace/domains/contracts'
import { createEmbeddedMart } from '@millrace/mart'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('demo')
const data = (name: string): string => path.join(directory, name)
const run = ['--players', '20', '--rooms', '2', '--duration', '10m']

async function millrace(...args: string[]) {
  const terminal = captureTerminal()
  const code = await runCli(args, {
    terminal,
    stdin: Readable.from([]),
    signal: new AbortController().signal,
    environment: {},
    clock: systemClock,
  })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

async function demo(name: string, ...args: string[]) {
  const report = path.join(directory, `${name}.json`)
  const result = await millrace('demo', '--data', data(name), '--report', report, ...run, ...args)
  return { ...result, report: JSON.parse(readFileSync(report, 'utf8')) }
}

/** A folder whose name a shell would read as several words and a variable. */
const FIRST = "the first's $run"

let first: Awaited<ReturnType<typeof demo>>
beforeAll(async () => {
  first = await demo(FIRST, '--seed', '7')
})

/** The words of a command that was shown, as the shell reads them. */
function wordsOf(command: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
  return stdout.trimEnd().split('\n')
}

describe('the demo', () => {
  it('shows commands that can be pasted to look at what it stored', async () => {
    const commands = [...first.out.matchAll(/npm run millrace -- (.*)$/gm)].map(([, command]) => command!)
    expect(commands.length).toBeGreaterThan(2)
    for (const command of commands)
      expect({ command, ...(await millrace(...wordsOf(command))) }).toMatchObject({ code: 0 })
  })

  it('carries every event through, and says so', () => {
    expect(first.code).toBe(0)
    expect(first.out).toContain('No missing and no duplicate events.')
    const raw = first.report.topics['lol.raw']
    expect(raw.accepted).toBeGreaterThan(1000)
    expect(raw).toMatchObject({
      log: raw.accepted,
      lake: raw.accepted,
      mart: raw.accepted,
      failed: 0,
      missing: 0,
      duplicate: 0,
    })
    expect(first.report.topics['lol.curated']).toMatchObject({
      log: raw.accepted,
      lake: raw.accepted,
      mart: raw.accepted,
    })
    expect(first.report.topics['lol.truth'].mart).toBe(first.report.detection.playerMatches)
    expect(first.report.topics['lol.scores'].mart).toBe(first.report.topics['lol.scores'].log)
    expect(first.report).toMatchObject({
      seed: '7',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      generated: { lol: { refused: 0 }, antenna: { refused: 0 } },
      ok: true,
    })
  })

  it('has the same digest for the same seed, whatever the format of the lake', async () => {
    const again = await demo('again', '--seed', '7', '--format', 'ndjson')
    expect(readdirSync(data('again'), { recursive: true }).some(file => String(file).endsWith('.ndjson.zst'))).toBe(
      true,
    )
    expect(again.report.digest).toBe(first.report.digest)
    expect(again.report.detection).toEqual(first.report.detection)
  })

  it('has another digest for another seed, files of days that are what their names say, and rows that have expired', async () => {
    const retention = ['--mart-retention', 'lol_analysis=30d']
    const other = await demo('other', '--seed', '8', '--format', 'daily-ndjson', ...retention)
    expect(other.code).toBe(0)
    expect(other.report.digest).not.toBe(first.report.digest)
    const { mart, expired, log } = other.report.topics['lol.curated']
    expect([mart, expired]).toEqual([0, log])
    const lake = path.join(data('other'), 'lake')
    const files = readdirSync(lake, { recursive: true }).map(String)
    const ofDays = files.filter(file => file.endsWith('.ndjson') && !file.startsWith('_'))
    expect(ofDays.length).toBeGreaterThan(0)
    for (const file of ofDays) {
      const content = readFileSync(path.join(lake, file))
      expect(file).toContain(`-${createHash('sha256').update(content).digest('hex')}.ndjson`)
    }
    expect(other.out).toMatch(/reconcile .* --mart-retention .*lol_analysis=30d/)
  })

  it('loses and doubles nothing when the generator repeats, delays and breaks records', async () => {
    const manifest = path.join(directory, 'faults.ndjson')
    const { report, code } = await demo(
      'faults',
      '--faults',
      'dup=0.1,late=0.03,out-of-order=0.03,malformed=0.05,missing-field=0.05',
      '--manifest',
      manifest,
    )
    expect(code).toBe(0)
    for (const domain of domainNames) {
      const faults = readFileSync(path.join(directory, `faults.${domain}.ndjson`), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
      const count = (...kinds: string[]): number =>
        faults.filter(fault => kinds.includes(fault.fault ?? fault.kind)).length
      const raw = report.topics[`${domain}.raw`]
      expect(report.generated[domain].refused).toBe(count('malformed', 'missing-field'))
      expect(report.generated[domain].refused).toBeGreaterThan(0)
      expect(raw.repeats).toBe(count('dup'))
      expect(raw).toMatchObject({ missing: 0, duplicate: 0, lake: raw.accepted, mart: raw.accepted })
    }
  })

  it('leaves stores that can be looked at and compared again', async () => {
    const alerts = await millrace('alerts', '--data', data(FIRST), '--json', '--limit', '1000')
    expect(alerts.out === '' ? 0 : alerts.out.split('\n').length).toBe(first.report.detection.alerts)
    const topics = await millrace('topics', 'list', '--data', data(FIRST))
    expect(topics.out).toMatch(new RegExp(`lol.raw .* ${first.report.topics['lol.raw'].log.toLocaleString('en-US')} `))
    const again = await millrace('reconcile', '--data', data(FIRST), '--ledger', path.join(data(FIRST), 'ledger'))
    expect(again.code).toBe(0)
    expect(again.out).toContain(`digest ${first.report.digest}`)
  })

  it('shows the result of a comparison before it writes the report', async () => {
    const report = path.join(directory, 'again.report.json')
    const terminal = captureTerminal()
    const print = (line: string): void => {
      expect(existsSync(report)).toBe(false)
      terminal.print(line)
    }
    const code = await runCli(['reconcile', '--data', data(FIRST), '--report', report], {
      stdin: Readable.from([]),
      terminal: { ...terminal, print },
      signal: new AbortController().signal,
      environment: {},
      clock: systemClock,
    })
    expect(code).toBe(0)
    expect(terminal.printed.join('\n')).toContain(`digest ${JSON.parse(readFileSync(report, 'utf8')).digest}`)
  })

  it('compares the mart with its golden answers again, and would have noticed a wrong row', async () => {
    const golden = path.join(directory, 'golden')
    cpSync(path.join(data(FIRST), 'golden'), golden, { recursive: true })
    const reconcile = () =>
      millrace('reconcile', '--data', data(FIRST), '--golden', golden, '--report', path.join(directory, 'golden.json'))
    const right = await reconcile()
    expect(right.code).toBe(0)
    const tables = JSON.parse(readFileSync(path.join(directory, 'golden.json'), 'utf8')).golden
    expect(tables).toEqual(first.report.golden)
    expect(Object.keys(tables).length).toBeGreaterThan(3)
    const file = path.join(golden, 'antenna.ndjson')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace(/"value":(\d+)/, '"value":1$1'))
    const wrong = await reconcile()
    expect(wrong.code).toBe(3)
    expect(wrong.out).toMatch(/antenna_bytes: \[.*\] has value \d+, expected 1\d+/)
    writeFileSync(file, `${text}{"table":"antenna_bytes"}\n`)
    expect((await reconcile()).err).toMatch(/antenna\.ndjson: line \d+ is no golden row: expected/)
    expect((await millrace('reconcile', '--data', data(FIRST), '--golden', `${golden}-none`)).err).toContain(
      `There are no golden answers in ${golden}-none.`,
    )
  })

  it('would have noticed a row that the mart lost, and says which', async () => {
    const database = new DatabaseSync(path.join(data(FIRST), 'mart.db'))
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%lol_analysis%'")
      .all()
    const [row] = database.prepare('SELECT event_id FROM lol_analysis LIMIT 1').all()
    for (const { name } of tables) database.exec(`DELETE FROM "${name}" WHERE event_id = '${row!.event_id}'`)
    database.close()
    const { code, out } = await millrace(
      'reconcile',
      '--data',
      data(FIRST),
      '--ledger',
      path.join(data(FIRST), 'ledger'),
    )
    expect(code).toBe(3)
    expect(out).toContain(`${row!.event_id} is neither in mart table lol_analysis nor in failed-events`)
    expect(out).toContain('THE STORES DIFFER')
  })

  it('would have noticed a lake file that is gone', async () => {
    const lake = path.join(data('again'), 'lake')
    const file = readdirSync(lake, { recursive: true })
      .map(String)
      .find(name => name.startsWith('lol.raw') && name.endsWith('.ndjson.zst'))!
    rmSync(path.join(lake, file))
    expect(existsSync(path.join(lake, file))).toBe(false)
    const { code, out } = await millrace('reconcile', '--data', data('again'))
    expect(code).toBe(3)
    expect(out).toContain(path.basename(file))
  })

  it('is what README.md shows, and has rows for the sample query of every table', { timeout: 600_000 }, async () => {
    const report = path.join(directory, 'default.json')
    const { code, out } = await millrace('demo', '--data', data('default'), '--report', report)
    expect(code).toBe(0)
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const { digest } = JSON.parse(readFileSync(report, 'utf8'))
    expect(readme).toContain(`digest ${digest}`)
    const [, shown = ''] = /(Derived tables against[^`]*)```/.exec(readme) ?? []
    for (const line of shown.trim().split('\n')) expect(out).toContain(line)
    const mart = createEmbeddedMart({ file: path.join(data('default'), 'mart.db') })
    const empty: string[] = []
    for (const table of catalog.tables) {
      const partition = Object.entries(table.purpose?.example ?? {}).map(([column, value]) => [
        column,
        table.columns[column]?.type === 'timestamp' ? instantMs(value) : value,
      ])
      if ((await mart.select(table, Object.fromEntries(partition))).length === 0) empty.push(table.name)
    }
    await mart.close()
    // In the scenario every device and every campaign is known.
    expect(empty.sort()).toEqual(['ad_unknown_campaigns', 'antenna_unknown_devices'])
  })
})
