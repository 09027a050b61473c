import { WIDE_SPREAD } from '../compare.ts'
import { figure, percent } from './figures.ts'
import type { Machine } from './machine.ts'
import { type CurveResult, growth, type Results, type RowResult, verdict } from './result.ts'

const textOf = ({ cpu, cores, memoryGiB, os, node }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}`

function rowLine(result: RowResult, taken: string): string {
  const { id, title, unit, goal, comparison } = result
  const { ratio, spread, ours, other, pairs } = comparison
  const sign = goal.bound === 'at least' ? '≥' : '≤'
  const cells = [
    id,
    title,
    `**${figure(ratio)}**`,
    `${percent(spread)}${spread > WIDE_SPREAD ? ' (wide)' : ''}`,
    `${sign} ${goal.must}`,
    `${sign} ${goal.aim}`,
    verdict(result),
    `${figure(ours)} / ${figure(other)} ${unit}`,
    String(pairs.length),
    taken,
  ]
  return `| ${cells.join(' | ')} |`
}

function curveSection(curve: CurveResult, taken: string): string {
  const { id, title, of, unit, points, remark } = curve
  return `### ${title}

![${title}](performance/${id}.svg)

| ${of} | ${points.map(({ x }) => x.toLocaleString('en-US')).join(' | ')} |
|---|${points.map(() => '--:').join('|')}|
| ${unit} | ${points.map(({ y }) => figure(y)).join(' | ')} |

The dearest point is ${figure(growth(curve))} times the cheapest (${taken}).${remark ? ` ${remark}` : ''}
`
}

/** docs/performance.md from the last result of every row and curve. */
export function renderPage({ rows, curves }: Results): string {
  const machines = [...new Set([...rows, ...curves].map(({ machine }) => textOf(machine)))]
  const taken = ({ at, machine }: RowResult | CurveResult): string =>
    `${at.slice(0, 10)}, machine ${machines.indexOf(textOf(machine)) + 1}`
  return `# Performance

Written by \`npm run bench\` ([how it measures](../packages/bench/README.md)); figures beside it in [performance.json](performance.json). Machines differ and drift, so every
figure that counts is a ratio of two things that were taken in turn on one machine: the median of the pairs, with the distance between their quartiles as the
spread. A ratio whose spread is above ${percent(WIDE_SPREAD)} was taken again, and is marked *wide* where that did not help. *must* is what a release needs, *aim* what it works towards.

| row | ours ÷ other | ratio | spread | must | aim | reached | medians | pairs | taken |
|---|---|--:|--:|--:|--:|---|---|--:|---|
${rows.map(result => rowLine(result, taken(result))).join('\n')}

${machines.map((text, index) => `Machine ${index + 1}: ${text}.`).join('\n')}

## Growth

What an event costs against what there may be much of. Flat is good; every dot is a round, medians are joined.

${curves.map(curve => curveSection(curve, taken(curve))).join('\n')}`
}
