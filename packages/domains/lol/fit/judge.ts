import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Random } from '@millrace/simulation'
import { type LolRaw, lol } from '../contract.ts'
import { TICK_MS, TICKS_PER_SECOND } from '../simulate/realistic/bins.ts'
import { Hand } from '../simulate/realistic/hand.ts'
import { Pace } from '../simulate/realistic/pace.ts'
import { type Models, modelsOf, type PaceTable } from '../simulate/realistic/play-tables.ts'
import { drawHabits } from '../simulate/realistic/pointer.ts'
import { REPORT_SEEDS } from '../simulate/realistic/seeds.ts'
import tables from '../simulate/realistic/tables.json' with { type: 'json' }
import { drawTraits } from '../simulate/realistic/traits.ts'
import { simulation } from '../simulate.ts'
import { type ActivityCounts, type ActivityStatistics, activityStatistics } from './activity-statistics.ts'
import { areaUnderCurve } from './area-under-curve.ts'
import { boostTrees, type Matrix } from './boosted-trees.ts'
import { countEvents } from './count-events.ts'
import { fitTables } from './fit-tables.ts'
import { APPROACH_FEATURES, eventFeatures, windowFeatures } from './judge-features.ts'
import { countsOf, type PointerRow, readActivity, readRecordings } from './read-recordings.ts'

/** Simulated players, half of them to train the classifier and half to try it, and seconds of each. */
const PLAYERS = 10
const SECONDS = 900
const WARM_UP_SECONDS = 20

/** The tempo of the recordings themselves; what differs between their people is in the habits of the simulated ones. */
const RECORDED_PACE: PaceTable = {
  ...tables.pace,
  ...{ moves: 0, abilities: 0, tempoSpread: 0, abilitySpread: 0, swings: [0, 0, 0] },
}

/** Rows of players in the form of a recording: times at whole ticks, px of the view. */
function simulateRows(models: Models, pace: PaceTable): PointerRow[][] {
  return Array.from({ length: PLAYERS }, (_, player) => {
    const random = new Random('judge', player)
    const traits = drawTraits(random, pace)
    const paces = { roomPace: new Pace(random.int32(), pace.swings), ownPace: new Pace(random.int32(), pace.swings) }
    const hand = new Hand({ models, traits, habits: drawHabits(models, random), random, ...paces })
    const rows: PointerRow[] = []
    while (hand.atMs < (WARM_UP_SECONDS + SECONDS) * 1000) {
      hand.step()
      const tick = Math.round(hand.atMs / TICK_MS) - WARM_UP_SECONDS * TICKS_PER_SECOND
      if (tick > (rows.at(-1)?.tick ?? 0)) rows.push({ tick, x: hand.x, y: hand.y, action: hand.action })
    }
    return rows
  })
}

type Features = (rows: readonly PointerRow[]) => number[][]
const KINDS: Readonly<Record<string, Features>> = {
  event: eventFeatures,
  'approach alone': rows => eventFeatures(rows).map(features => features.slice(0, APPROACH_FEATURES)),
  'window of 10 s': windowFeatures,
}

/** How well a classifier that was trained on some people tells others of them from simulated ones: 0.5 is not at all. */
function judge(features: Features, train: Matrix, test: Matrix, simulated: readonly PointerRow[][]): number {
  const half = simulated.length / 2
  const score = boostTrees(train, simulated.slice(0, half).flatMap(features))
  return areaUnderCurve(score(test), score(simulated.slice(half).flatMap(features)))
}

/** Area under the ROC curve for one pair of people who were left out of the fit; the numbers of people count from 1. */
interface Separability {
  readonly people: readonly number[]
  readonly features: string
  readonly tempo: string
  readonly area: number
}

function* separabilities(people: readonly PointerRow[][]): Generator<Separability> {
  for (let first = 0; first < people.length; first++) {
    const unseen = [first, (first + 1) % people.length]
    const fitted = people.filter((_, person) => !unseen.includes(person))
    const others = unseen.map(person => people[person]!)
    const models = modelsOf(fitTables(fitted).models)
    for (const [tempo, pace] of Object.entries({ recordings: RECORDED_PACE, League: tables.pace })) {
      const simulated = simulateRows(models, pace)
      for (const [features, of] of Object.entries(KINDS)) {
        const area = judge(of, fitted.flatMap(of), others.flatMap(of), simulated)
        yield { people: unseen.map(person => person + 1), features, tempo, area: rounded(area) }
      }
    }
  }
}

/** Activity of honest simulated players, counted in their events; each plays one match. */
function simulatedActivity(): ActivityCounts[] {
  return REPORT_SEEDS.flatMap(seed => {
    const options = { players: '34', rooms: '2', duration: '7m', cheats: 'none', seed: String(seed) }
    const { stream } = simulation.simulate(simulation.parse({ profile: 'realistic', ...options }), 0)
    const events: LolRaw[] = []
    while (stream.nextMs !== Number.POSITIVE_INFINITY) {
      const { topic, value } = stream.next()
      if (topic === lol.topics.raw.name) events.push(JSON.parse(value) as LolRaw)
    }
    return countEvents(events)
  })
}

const rounded = (value: number): number => Number(value.toFixed(3))
const roundedStatistics = ({ autocorrelation, ...rates }: ActivityStatistics) => ({
  ...Object.fromEntries(Object.entries(rates).map(([name, value]) => [name, rounded(value)])),
  autocorrelation: autocorrelation.map(rounded),
})

const { values } = parseArgs({
  options: { paths: { type: 'string' }, activity: { type: 'string' }, out: { type: 'string' } },
})
const { paths, activity, out } = values
if (paths === undefined || activity === undefined || out === undefined) {
  process.stderr.write('Usage: npm run -s judge-lol -- --paths DIR --activity FILE --out FILE\n')
  process.exit(2)
}
const people = activityStatistics(readActivity(readFileSync(activity, 'utf8')).map(countsOf))
const simulated = activityStatistics(simulatedActivity())
const separability: Separability[] = []
for (const found of separabilities(readRecordings(paths))) {
  separability.push(found)
  process.stderr.write(
    `people ${found.people.join(' and ')} not fitted: ${found.features}, tempo of ${found.tempo}: ${found.area}\n`,
  )
}
const judged = {
  activity: { people: roundedStatistics(people), simulated: roundedStatistics(simulated) },
  separability,
}
writeFileSync(out, `${JSON.stringify(judged, null, 2)}\n`)
