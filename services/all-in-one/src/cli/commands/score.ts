import { createReadStream } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { loadAdditiveEvidence } from '@millrace/anomaly-scorer'
import type { Command } from 'commander'
import { readScoredFile } from '../../score/read-file.ts'
import { type PlayerReport, type ScoreReport, scoreFile } from '../../score/score-file.ts'
import type { CommandContext } from '../context.ts'
import { formatTable, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

const FORMATS = ['table', 'json'] as const

const HELP = `
The file is NDJSON of lol events, or CSV of the pointer of one person:
  t,x,y,pressed    t in seconds or ms; an action is where pressed rises from 0. Names in any case;
                   t_seconds, x_px, y_px and action (an action where it is above 0) are read too.
Events need account, datetime, x and y. Aim is judged by the field path, or by the samples before the action:
the last 0.5 s at 16 Hz or more, in any unit. Where they are too few, interpolated, or the pointer rests, aim is not judged.
Of a recording, rate and clock are not judged: it names no game and has no game time.
--threshold is the CUSUM statistic at which a player is reported; a lower one reports sooner, and more honest people.`

export function addScoreCommand(program: Command, context: CommandContext): void {
  const { terminal, stdin } = context
  program
    .command('score <file>')
    .description('judge the actions in a file: who is reported, and why; - is standard input')
    .option('--format <format>', 'table or json', 'table')
    .option(
      '--threshold <number>',
      'report at this statistic, for every kind of cheating (default: those of the model)',
    )
    .addHelpText('after', HELP)
    .action(async (file: string, options: { format: string; threshold?: string }) => {
      const format = FORMATS.find(name => name === options.format)
      if (!format) throw new UsageError(`--format is "${options.format}": expected table or json.`)
      const threshold = options.threshold === undefined ? undefined : readThreshold(options.threshold)
      const content = await text(file === '-' ? stdin : createReadStream(file))
      const account = file === '-' ? 'recording' : path.basename(file, path.extname(file))
      const scored = readScoredFile(content, account)
      if (typeof scored === 'string') throw new UsageError(`<file> is "${file}": ${scored}.`)
      const report = await scoreFile(scored, loadAdditiveEvidence(threshold))
      if (format === 'json') terminal.print(JSON.stringify(report, null, 2))
      else show(report, terminal)
    })
}

function readThreshold(value: string): number {
  const threshold = Number(value)
  if (!/^\d+(\.\d+)?$/.test(value) || threshold <= 0)
    throw new UsageError(`--threshold is "${value}": expected a number above 0.`)
  return threshold
}

const approachesOf = ({ approaches }: PlayerReport): string =>
  Object.entries(approaches)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

const isAimJudged = ({ approaches, actions }: PlayerReport): boolean => (approaches.known ?? 0) * 2 >= actions

function show(report: ScoreReport, terminal: Terminal): void {
  const kinds = [...new Set(report.players.flatMap(({ highest }) => Object.keys(highest)))]
  for (const line of formatTable(
    ['player', 'hours', 'actions', 'alerts', ...kinds, 'approaches'],
    report.players.map(player => [
      player.account,
      player.hours.toFixed(2),
      player.actions,
      player.alerts.length,
      ...kinds.map(kind => (player.highest[kind] ?? 0).toFixed(1)),
      approachesOf(player),
    ]),
  ))
    terminal.print(line)
  for (const { account, alerts } of report.players)
    for (const { datetime, kind = '', reason = '', evidence } of alerts) {
      terminal.print('')
      terminal.heading(`${account}, ${datetime}: ${kind}`)
      terminal.print(`  ${reason}.`)
      for (const { sourceEventId, datetime: at, feature, value } of evidence)
        terminal.print(`  ${at}  ${sourceEventId}  ${feature} ${value}`)
    }
  say(report, terminal)
}

function say(report: ScoreReport, terminal: Terminal): void {
  const { abstains, players, problems, linesLeftOut, alerts, playerHours, alertsPerPlayerHour } = report
  for (const [kind, why] of Object.entries(abstains)) terminal.say(`${kind} is not judged: ${why}.`)
  const unjudged = players.filter(player => !isAimJudged(player))
  if (unjudged.length > 0)
    terminal.say(
      `Aim (jump, snap) is judged by fewer than half of the actions of ${unjudged.length} of ${players.length} players: it needs the pointer of the last 0.5 s at 16 Hz or more.`,
    )
  for (const { line, reason } of problems) terminal.say(`line ${line} left out: ${reason}`)
  if (linesLeftOut > problems.length) terminal.say(`… and ${linesLeftOut - problems.length} more lines.`)
  terminal.say(
    `${alerts} alerts in ${playerHours.toFixed(2)} player-hours, ${alertsPerPlayerHour} per player-hour (model ${report.model})`,
  )
}
