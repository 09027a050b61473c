import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { REPORT_SEEDS } from '@millrace/domains/lol/simulate/seeds'
import { makeDirectorySync } from '@millrace/runtime'
import { drawCharts } from './draw-charts.ts'
import { evaluate } from './evaluate.ts'
import { readJudged } from './judged.ts'
import { writeDocument } from './write-document.ts'

/** Size of the world that is reported on. */
const PLAYERS = 60
const MINUTES = 20
const USAGE = `Usage: npm run -s evaluate-detection -- [--python <interpreter>] [--out <folder>]
Writes detection.md and images/detection/*.svg, by default into docs. The interpreter (python3 unless given) needs the packages of
packages/evaluation/python/requirements.txt.`

function readFlags() {
  try {
    return parseArgs({
      options: { python: { type: 'string', default: 'python3' }, out: { type: 'string', default: 'docs' } },
    }).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`)
    return null
  }
}

const flags = readFlags()
if (flags === null) process.exitCode = 2
else
  try {
    const { python, out } = flags
    const onStep = (line: string): void => void process.stderr.write(`${line}\n`)
    const evaluation = await evaluate({ seeds: REPORT_SEEDS, players: PLAYERS, minutes: MINUTES, python, onStep })
    const images = path.join(out, 'images', 'detection')
    makeDirectorySync(images)
    for (const [name, svg] of Object.entries(drawCharts(evaluation))) writeFileSync(path.join(images, name), svg)
    const file = path.join(out, 'detection.md')
    writeFileSync(file, writeDocument(evaluation, readJudged()))
    process.stdout.write(`${file}\n`)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exitCode = 1
  }
