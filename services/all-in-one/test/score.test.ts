import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { Approach } from '@millrace/domains/lol/approach'
import { snapApproach } from '@millrace/domains/lol/simulate/cheats'
import { systemClock } from '@millrace/runtime'
import { Random } from '@millrace/simulation'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import type { ScoreReport } from '../src/score/score-file.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('score')
const PERIOD_MS = 16

async function run(args: readonly string[], stdin = '') {
  const terminal = captureTerminal()
  const code = await runCli(['score', ...args], {
    terminal,
    stdin: Readable.from([stdin]),
    signal: new AbortController().signal,
    environment: {},
    clock: systemClock,
  })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

const write = (name: string, content: string): string => {
  const file = path.join(directory, name)
  writeFileSync(file, content)
  return file
}

async function reportOf(...args: string[]): Promise<ScoreReport> {
  const { code, out } = await run([...args, '--format', 'json'])
  expect(code).toBe(0)
  return JSON.parse(out)
}

interface Sample {
  readonly ms: number
  readonly x: number
  readonly y: number
  readonly pressed: number
}

/** A hand that circles from place to place for ten minutes and presses now and then; a share of its strokes is drawn straight. */
function record(share: number): Sample[] {
  const random = new Random('score')
  const samples: Sample[] = []
  let [ms, x, y] = [0, 500, 400]
  while (ms < 600_000) {
    const [toX, toY] = [1000 * random.float(), 800 * random.float()]
    const steps = 36 + Math.floor(20 * random.float())
    const bend = (random.float() < 0.5 ? -1 : 1) * (0.3 + 0.5 * random.float())
    const isDrawn = random.float() < share
    const [fromX, fromY] = [x, y]
    for (let step = 1; step <= steps; step++) {
      const u = step / steps
      const eased = isDrawn ? u : u * u * (3 - 2 * u)
      const off = isDrawn ? 0 : bend * Math.sin(Math.PI * eased) + 0.01 * (random.float() - 0.5)
      x = fromX + eased * (toX - fromX) - off * (toY - fromY)
      y = fromY + eased * (toY - fromY) + off * (toX - fromX)
      ms += PERIOD_MS
      samples.push({ ms, x, y, pressed: step === steps ? 1 : 0 })
    }
  }
  return samples
}

const csvOf = (samples: readonly Sample[], scale = 1, unit: 's' | 'ms' = 'ms') =>
  ['t,x,y,pressed']
    .concat(
      samples.map(({ ms, x, y, pressed }) => [unit === 's' ? ms / 1000 : ms, x * scale, y * scale, pressed].join()),
    )
    .join('\n')

describe('millrace score', () => {
  it('leaves a hand alone and reports one whose strokes are drawn, with reasons', async () => {
    const honest = await reportOf(write('honest.csv', csvOf(record(0))))
    expect(honest).toMatchObject({ alerts: 0, alertsPerPlayerHour: 0, format: 'recording' })
    expect(honest.playerHours).toBeCloseTo(600 / 3600, 2)
    expect(honest.players).toMatchObject([{ account: 'honest' }])
    expect(honest.players[0]!.approaches.known).toBeGreaterThan(0.8 * honest.actions)
    expect(Object.keys(honest.abstains).sort()).toEqual(['clock', 'rate'])
    const file = write('drawn.csv', csvOf(record(0.3)))
    const drawn = await reportOf(file)
    expect(drawn.alerts).toBeGreaterThan(0)
    expect(drawn.alertsPerPlayerHour).toBeCloseTo(drawn.alerts / drawn.playerHours, 2)
    expect(drawn.players[0]!.alerts[0]).toMatchObject({
      kind: 'snap',
      reason: expect.stringContaining('aimed actions'),
    })
    const { out, err } = await run([file])
    expect(out).toContain('aimed actions ran straight')
    expect(err).toContain('rate is not judged')
  })

  it('says the same in other units, and in seconds', async () => {
    const strip = ({ players }: ScoreReport) => players.map(({ account: _, ...player }) => player)
    const samples = record(0.3)
    const own = strip(await reportOf(write('a.csv', csvOf(samples))))
    expect(strip(await reportOf(write('b.csv', csvOf(samples, 2.5))))).toEqual(own)
    expect(strip(await reportOf(write('c.csv', csvOf(samples, 1, 's'))))).toEqual(own)
  })

  it('reports sooner at a lower threshold', async () => {
    const file = write('drawn.csv', csvOf(record(0.3)))
    const timeOf = async (...args: string[]) => (await reportOf(file, ...args)).players[0]!.alerts[0]!.datetime
    expect((await timeOf('--threshold', '4')) < (await timeOf())).toBe(true)
    expect((await reportOf(file, '--threshold', '1e6'.replace('e6', '000000'))).alerts).toBe(0)
  })

  it('does not judge aim by 8 Hz, and says so', async () => {
    const thin = record(0.3).filter(({ pressed }, n) => pressed === 1 || n % 8 === 0)
    const file = write('thin.csv', csvOf(thin))
    const report = await reportOf(file)
    expect(report.alerts).toBe(0)
    expect(report.players[0]!.approaches.thin).toBeGreaterThan(0.9 * report.actions)
    expect((await run([file])).err).toContain('Aim (jump, snap) is judged by fewer than half')
  })

  it.each([
    ['a recording without actions', 't,x,y\n1,2,3', /no column "pressed"/],
    ['another table', 'a,b\n1,2', /expected NDJSON of lol events, or CSV/],
    ['nothing', '', /it is empty/],
  ])('abstains from %s, with a reason', async (_, content, reason) => {
    const { code, err } = await run([write('other.csv', content)])
    expect([code, err]).toEqual([2, expect.stringMatching(reason)])
  })

  it('refuses an option that it does not know', async () => {
    const file = write('some.csv', csvOf(record(0).slice(0, 100)))
    expect(await run([file, '--format', 'xml'])).toMatchObject({ code: 2, err: expect.stringContaining('--format') })
    expect(await run([file, '--threshold', '-1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--threshold'),
    })
  })

  it('reads events, numbers as texts too, and names the lines that it leaves out', async () => {
    const random = new Random('events')
    const events = Array.from({ length: 200 }, (_, n) => {
      const bent: Approach = Array.from({ length: 8 }, (_, k): [number, number, number] => [
        480 - 60 * k,
        Math.round(100 * Math.cos(k + random.float()) - 50 * (8 - k)),
        Math.round(100 * Math.sin(k / 2 + random.float())),
      ])
      return {
        account: `player-${n % 2}`,
        datetime: new Date(Date.UTC(2024, 2, 24) + 700 * n).toISOString(),
        x: String(n),
        y: n,
        roomID: 'room',
        path: (n % 6 === 0 ? snapApproach(bent, 1) : bent).map(point => point.map(String)),
      }
    })
    const lines = [
      ...events.map(event => JSON.stringify(event)),
      '{',
      '[]',
      JSON.stringify({ ...events[0], path: [[10, 'left', 0]] }),
      JSON.stringify({ ...events[0], x: null }),
    ]
    const { code, out } = await run(['-', '--format', 'json'], lines.join('\n'))
    expect(code).toBe(0)
    const report: ScoreReport = JSON.parse(out)
    expect(report).toMatchObject({ format: 'events', actions: 200, linesLeftOut: 4 })
    expect(report.problems.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '201 expected JSON',
      '202 expected a JSON object',
      expect.stringMatching(/^203 path\.0\.1/),
      expect.stringMatching(/^204 x/),
    ])
    expect(report.players.map(({ account, actions }) => [account, actions])).toEqual([
      ['player-0', 100],
      ['player-1', 100],
    ])
  })
})
