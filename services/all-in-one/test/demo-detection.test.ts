import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

/* Cheats of the realistic profile, through every service: what the demo says of them, and what a match looks like. */

const directory = temporaryDirectory('demo-detection')
const data = path.join(directory, 'demo')

async function millrace(...args: string[]) {
  const terminal = captureTerminal()
  const context = {
    ...{ terminal, stdin: Readable.from([]), signal: new AbortController().signal, clock: systemClock },
    environment: { INIT_CWD: directory },
  }
  const code = await runCli(args, context)
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

describe('a demo with cheats', () => {
  let demo: Awaited<ReturnType<typeof millrace>>
  beforeAll(async () => {
    const world = ['--players', '6', '--duration', '7m', '--cheats', 'snap=0.34']
    demo = await millrace(
      'demo',
      '--data',
      data,
      '--domains',
      'lol',
      '--report',
      path.join(directory, 'r.json'),
      ...world,
    )
  }, 300_000)

  it('prints how well each kind was found', () => {
    expect(demo.code, demo.out + demo.err).toBe(0)
    expect(demo.out).toMatch(/^ {2}snap +2 +2 +\d+ +[\d,]+ +[\d,]+ +0$/m)
    const { detection } = JSON.parse(readFileSync(path.join(directory, 'r.json'), 'utf8'))
    expect(detection).toMatchObject({ cheating: 2, truePositives: 2, falsePositives: 0 })
    expect(detection.quality.kinds.map(({ kind }: { kind: string }) => kind)).toEqual(['all', 'snap'])
  })

  it('has a page with the evidence over time', () => {
    const page = readFileSync(path.join(data, 'report.html'), 'utf8')
    expect(page).toContain('Evidence against the worst offender')
    expect(page).toContain('CUSUM statistic of each kind of cheating')
    expect(page).toMatch(/<caption>By kind of cheating, by additive-evidence-1, beside [\d.]+ hours of honest play/)
  })

  it('shows a player, and the players of a match, with the reasons', async () => {
    const alerts = await millrace('alerts', '--data', data, '--json')
    const { account, room_id: room, reason } = JSON.parse(alerts.out.split('\n')[0]!)
    const drawn = await millrace('match', account, '--data', data, '--out', '-')
    expect(drawn.code, drawn.err).toBe(0)
    expect(drawn.out).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /)
    expect(drawn.err).toContain(reason)
    expect(drawn.out).toContain('CUSUM statistic of each kind of cheating')
    const ofRoom = await millrace('match', room, '--data', data)
    expect(ofRoom.code, ofRoom.err).toBe(0)
    const file = ofRoom.out.trim()
    expect(path.dirname(file)).toBe(directory)
    expect(readFileSync(file, 'utf8')).toContain(account)
    expect(ofRoom.err).toContain('2 more are not drawn')
  })

  it('says what is wrong with a name, and with the model', async () => {
    const nobody = await millrace('match', 'nobody', '--data', data)
    expect(nobody).toMatchObject({ code: 2, out: '' })
    expect(nobody.err).toContain('<room-or-player> is "nobody": expected a match or an account')
    const model = await millrace('demo', '--data', path.join(directory, 'other'), '--detector', 'additive-evidence')
    expect(model).toMatchObject({ code: 2 })
    expect(model.err).toContain('models that come with the service: time-aware-rule-1, additive-evidence-1')
  })
})
