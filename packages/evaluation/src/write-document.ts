import { type Evaluation, WITH_PATH } from './evaluate.ts'
import { number, share, table, withInterval } from './format.ts'
import { goalsOf } from './goals.ts'
import type { Judged } from './judged.ts'
import { SHARE } from './levels.ts'
import { FALSE_SHARE, type HonestMeasure, type KindMeasure } from './measure.ts'

const LAGS = [1, 2, 3, 5, 10, 20, 30]

const image = (name: string, title: string): string => `![${title}](images/detection/${name})`

function detectionTable(kinds: readonly KindMeasure[]): string {
  return table(
    [
      'kind',
      'players',
      'altered',
      'reported',
      'precision',
      'AP per player',
      'AP per action',
      `recall at ${100 * FALSE_SHARE} % false`,
    ],
    kinds.map(measure => [
      measure.kind,
      String(measure.cheaters),
      number(measure.altered),
      withInterval(measure.recall, share),
      withInterval(measure.precision, share),
      withInterval(measure.perPlayer, share),
      withInterval(measure.perAction, share),
      withInterval(measure.recallAtFalseShare, share),
    ]),
  )
}

const delayTable = (kinds: readonly KindMeasure[]): string =>
  table(
    ['kind', 'seconds', 'actions', 'of them altered', 'reported within 10 minutes', 'named right'],
    kinds
      .filter(({ delays }) => delays.length > 0)
      .map(measure => [
        measure.kind,
        withInterval(measure.seconds, number),
        withInterval(measure.actions, number),
        withInterval(measure.alteredActions, number),
        withInterval(measure.recallWithin, share),
        `${measure.named} of ${measure.delays.length}`,
      ]),
  )

function honestRow(name: string, { players, hours, alerts, perHour, byKind }: HonestMeasure): string[] {
  const kinds = Object.entries(byKind).map(([kind, count]) => `${count} ${kind}`)
  const rate = (value: number | null): string => (value === null ? '–' : value.toFixed(3))
  return [
    name,
    number(players),
    number(hours),
    `${alerts}${kinds.length ? ` (${kinds.join(', ')})` : ''}`,
    withInterval(perHour, rate),
  ]
}

function comparisonTable({ compared, levels }: Evaluation, level: string): string {
  const { detectors } = compared.find(each => each.level === level)!
  const own = levels.find(each => each.level.name === level)!.withPath
  const kinds = own.map(({ kind }) => kind)
  const cell = (perPlayer: number | null, perAction: number | null): string =>
    `${share(perPlayer)} / ${share(perAction)}`
  return table(
    ['detector', ...kinds],
    [
      [WITH_PATH, ...own.map(({ perPlayer, perAction }) => cell(perPlayer.value, perAction.value))],
      ...detectors.map(({ name, kinds: measures }) => [
        name,
        ...measures.map(({ perPlayer, perAction }) => cell(perPlayer, perAction)),
      ]),
    ],
  )
}

function realism({ activity: { people, simulated }, separability }: Judged): string {
  const rows = [
    ['clicks per second', 'clicks'],
    ['keys per second', 'keys'],
    ['seconds without a click', 'silent'],
    ['variance ÷ mean of the clicks per second', 'dispersion'],
    ['clicks per second of the slowest tenth', 'slow'],
    ['clicks per second of the fastest tenth', 'fast'],
  ] as const
  const statistics = table(
    ['', 'people', 'simulated', 'ratio'],
    [
      ...rows.map(([name, of]) => [
        name,
        people[of].toFixed(2),
        simulated[of].toFixed(2),
        (simulated[of] / people[of]).toFixed(2),
      ]),
      ...LAGS.map((lag, n) => [
        `autocorrelation at ${lag} s`,
        people.autocorrelation[n]!.toFixed(2),
        simulated.autocorrelation[n]!.toFixed(2),
        '',
      ]),
    ],
  )
  const pairs = [...new Set(separability.map(each => each.people.join(' and ')))]
  const columns = [...new Set(separability.map(({ features, tempo }) => `${features}, tempo of ${tempo}`))]
  const areas = table(
    ['people not fitted', ...columns],
    pairs.map(pair => [
      pair,
      ...columns.map(column =>
        share(
          separability.find(
            ({ people: own, features, tempo }) =>
              own.join(' and ') === pair && `${features}, tempo of ${tempo}` === column,
          )?.area ?? null,
        ),
      ),
    ]),
  )
  return `### Activity against League of Legends

${statistics}

### Classifier two-sample test

Area under the ROC curve of gradient-boosted trees that were trained to tell generated play from that of people, on people who
were not fitted; 0.5 is a coin. The people of the recordings act less often than players of League of Legends, so a classifier
that sees counts and gaps tells the two games apart: at the tempo of League only the approach alone is meaningful.

${areas}`
}

/** The document, in Markdown. */
export function writeDocument(evaluation: Evaluation, judged: Judged): string {
  const { seeds, players, minutes, levels, honest, reliability, compared } = evaluation
  const rate = (value: number | null): string => (value === null ? '–' : value.toFixed(3))
  const sections = levels.map(
    ({ level, withPath, withoutPath }) => `### ${level.name}

Dials: ${level.about}.

${detectionTable(withPath)}

From the first altered action to the alert, medians of those who were reported:

${delayTable(withPath)}${
  withoutPath
    ? `

Without the field \`path\`:

${detectionTable(withoutPath)}`
    : ''
}`,
  )
  return `# Detection

How well the detector finds the cheats of the generated world, what it says of honest players, and what it does not find. Made by

    python3 -m venv .venv && .venv/bin/pip install -r packages/evaluation/python/requirements.txt
    npm run -s evaluate-detection -- --python .venv/bin/python

on the seeds ${seeds[0]} to ${seeds.at(-1)}: the same command gives the same figures. Nothing was fitted or chosen on these seeds: tables are fitted on 1 to 20,
thresholds and calibration are set on 21 to 40, and the code that fits refuses the others.

- World: the \`realistic\` profile, ${players} players for ${minutes} minutes for each seed, paths at 16 Hz; in each kind of cheating ${100 * SHARE} % of the players.
- A kind is compared with honest players: its positives are its altered actions (or its players), its negatives everything that nobody altered.
- AP: average precision. Figures in brackets are 95 % intervals: bootstrap over players, exact Poisson for rates of alerts.
  Average precision was compared with that of scikit-learn on the same scores.
- Per player, the model is ranked by its highest statistic; "reported" counts alerts, after the first altered action, of whatever kind.

## Goals

${table(
  ['goal', 'wanted', 'measured', 'met'],
  goalsOf(evaluation, judged).map(({ goal, wanted, measured, isMet }) => [
    goal,
    wanted,
    measured,
    isMet ? 'yes' : '**no**',
  ]),
)}

## What is found, by level and kind

${image('recall.svg', 'Share of the cheaters who were reported')}

Bars of a kind, from above: ${levels.map(({ level }) => level.name).join('; ')}.

${sections.join('\n\n')}

${image('precision-recall.svg', 'Precision and recall per altered action')}

${image('time-to-detect.svg', 'Share of the cheaters reported over time')}

## Honest players

${table(
  ['', 'players', 'hours', 'alerts', 'alerts per hour'],
  [honestRow('with path', honest.withPath), honestRow('without path', honest.withoutPath)],
)}

These are simulated. What is known of real people, and how little, is in the [README of the scorer](../services/anomaly-scorer/README.md#detection-results-of-additive-evidence).

## Reliability

A score is the probability that the action is altered, where each kind that the model knows has 2 % of the players; players are
weighed accordingly here.

${table(
  ['score', 'actions', 'mean score', 'altered'],
  reliability
    .filter(({ actions }) => actions > 0)
    .map(({ from, to, actions, score, altered }) => [
      `${from}–${to}`,
      number(actions),
      rate(score),
      withInterval(altered, rate),
    ]),
)}

${image('reliability.svg', 'Observed share of altered actions by score')}

## Detectors without this model

Average precision per player / per action on the same events. Per player, the best of the mean, the 95th percentile and the maximum of the player's
values. The last two rows are detectors of scikit-learn and River, which see displacement, speed, |dx| + |dy|, actions in 10 s,
straightness and fastest step of the path; half-space trees judge one action in ${compared[0]!.peerStep}.

${compared.map(({ level }) => `### ${level}\n\n${comparisonTable(evaluation, level)}`).join('\n\n')}

## What is not detected

- Aim assist: it keeps the hand's timing and takes out a part of the bend.
- Snaps of 60 % of the way at 10 % of the actions (level hard), and most of what is altered rarely.
- Aim without \`path\`: a position says nothing of the way there.
- A macro as uneven as a hand (level hard), a rate that people reach.

## Generated play against real play

Measured by \`npm run judge-lol\` on recordings that are not part of this repository: five players of a match of Heroes of the Storm, and 94 player-matches of League of
Legends. [The README of the fit](../packages/domains/lol/fit/README.md) names their sources and licences. Simulated players are those of the report's seeds.

${realism(judged)}
`
}
