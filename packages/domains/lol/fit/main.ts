import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { modelsOf, type PlayTables } from '../simulate/realistic/play-tables.ts'
import { activityStatistics } from './activity-statistics.ts'
import { calibratePace } from './calibrate-pace.ts'
import { fitTables } from './fit-tables.ts'
import { countsOf, readActivity, readRecordings } from './read-recordings.ts'

/** Where the recordings come from, as it is written into the tables. */
const SOURCES: PlayTables['sources'] = [
  {
    what: 'pointer and actions (models of interval, step and turn)',
    source:
      'a Heroes of the Storm replay of HeroesToolChest/Heroes.StormReplayParser, decoded with Blizzard/heroprotocol',
    licence: 'MIT',
  },
  {
    what: 'clicks and keys per second (pace)',
    source: 'eSports_Sensors_Dataset (Smerdov, Zhou, Lukowicz, Somov 2020, arXiv 2011.00958)',
    licence: 'CC BY 4.0',
  },
]

const USAGE = 'Usage: npm run -s fit-lol -- --paths DIR --activity FILE --out FILE'

const { values } = parseArgs({
  options: { paths: { type: 'string' }, activity: { type: 'string' }, out: { type: 'string' } },
})
const { paths, activity, out } = values
if (paths === undefined || activity === undefined || out === undefined) {
  process.stderr.write(`${USAGE}\n`)
  process.exit(2)
}

const recordings = readRecordings(paths)
const { models, losses } = fitTables(recordings)
process.stderr.write(`Fitted to ${recordings.length} people; nats per row: ${JSON.stringify(losses)}\n`)
const matches = readActivity(readFileSync(activity, 'utf8')).map(countsOf)
const wanted = activityStatistics(matches)
let least = Number.POSITIVE_INFINITY
const pace = calibratePace(modelsOf(models), wanted, (distance, got) => {
  if (distance >= least) return
  least = distance
  process.stderr.write(`Pace: distance ${distance.toFixed(1)}, ${JSON.stringify(got)}\n`)
})
process.stderr.write(`Wanted: ${JSON.stringify(wanted)}\n`)
const tables: PlayTables = { sources: SOURCES, playerMatches: matches.length, ...models, pace }
writeFileSync(out, `${JSON.stringify(tables)}\n`)
