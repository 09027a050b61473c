import { drawSvgFile } from '@millrace/report'
import type { CurveChart } from '@millrace/report/figure'
import type { Evaluation } from './evaluate.ts'
import { DEFAULT_LEVEL } from './levels.ts'
import type { KindMeasure } from './measure.ts'

const WIDTH = 760
const MINUTES = 20
const STEPS = 80

const shareAxis = (label: string) => ({ label, format: 'percent', from: 0, to: 1 }) as const

/** Kinds that were found at all. */
const detected = ({ levels }: Evaluation): readonly KindMeasure[] =>
  levels.find(({ level }) => level.name === DEFAULT_LEVEL)!.withPath

function precisionAndRecall(evaluation: Evaluation): CurveChart {
  const kinds = detected(evaluation)
  return {
    kind: 'curves',
    title: 'Precision and recall per altered action',
    description: `Default level, with path. Average precision: ${kinds.map(({ kind, perAction }) => `${kind} ${perAction.value?.toFixed(2)}`).join(', ')}.`,
    x: shareAxis('recall'),
    y: shareAxis('precision'),
    series: kinds.map(({ kind, curve }) => ({
      name: kind,
      points: curve.map(({ recall, precision }) => ({ x: recall, y: precision })),
    })),
  }
}

function timeToDetect(evaluation: Evaluation): CurveChart {
  const kinds = detected(evaluation).filter(({ kind }) => kind !== 'assist')
  return {
    kind: 'curves',
    title: 'Time to detect',
    description: `Share of the cheaters who were reported, by the minutes since their first altered action; default level, with path. ${kinds.map(({ kind, recall }) => `${kind} ${recall.value?.toFixed(2)}`).join(', ')} in the end.`,
    x: { label: 'minutes', format: 'count', from: 0, to: MINUTES },
    y: shareAxis('reported'),
    series: kinds.map(({ kind, delays, cheaters }) => ({
      name: kind,
      points: Array.from({ length: STEPS + 1 }, (_, step) => {
        const minutes = (step / STEPS) * MINUTES
        return { x: minutes, y: delays.filter(({ seconds }) => seconds <= minutes * 60).length / cheaters }
      }),
    })),
  }
}

function reliability({ reliability: bins }: Evaluation): CurveChart {
  const seen = bins.filter(({ score, altered }) => score !== null && altered.value !== null)
  const line = (name: string, measure: (bin: (typeof seen)[number]) => number | null) => ({
    name,
    points: seen.map(bin => ({ x: bin.score!, y: measure(bin) ?? 0 })),
  })
  return {
    kind: 'curves',
    title: 'Reliability',
    description: 'Share of altered actions by the score that the model gave them, with its 95 % interval.',
    x: shareAxis('score'),
    y: shareAxis('altered'),
    hasDiagonal: true,
    series: [
      line('observed', ({ altered }) => altered.value),
      line('2.5 %', ({ altered }) => altered.low),
      line('97.5 %', ({ altered }) => altered.high),
    ],
  }
}

function recallByLevel({ levels }: Evaluation) {
  const series = levels.map(({ level }) => level.name)
  const kinds = levels[0]!.withPath.map(({ kind }) => kind)
  return {
    kind: 'bars',
    arrangement: 'grouped',
    format: 'percent',
    title: 'Cheaters who were reported',
    description: `Share of the players of each kind who were reported, with path. Bars of a kind from above: ${series.join('; ')}.`,
    series,
    rows: kinds.map((kind, n) => ({
      label: kind,
      values: levels.map(({ withPath }) => withPath[n]!.recall.value ?? 0),
    })),
  } as const
}

/** The charts of the document as SVG, by the names of their files. */
export function drawCharts(evaluation: Evaluation): Readonly<Record<string, string>> {
  return {
    'precision-recall.svg': drawSvgFile(precisionAndRecall(evaluation), WIDTH),
    'time-to-detect.svg': drawSvgFile(timeToDetect(evaluation), WIDTH),
    'reliability.svg': drawSvgFile(reliability(evaluation), WIDTH),
    'recall.svg': drawSvgFile(recallByLevel(evaluation), WIDTH),
  }
}
