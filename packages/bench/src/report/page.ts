import { WIDE_SPREAD } from '../compare.ts'
import { figure, percent } from './figures.ts'
import type { Machine } from './machine.ts'
import { type Result, verdict } from './result.ts'

const say = (goal: Result['goal'], limit: number): string => `${goal.bound === 'at least' ? '≥' : '≤'} ${limit}`

function line(result: Result, machines: readonly string[]): string {
  const { id, title, unit, goal, comparison } = result
  const { ratio, spread, ours, other, pairs } = comparison
  const isWide = spread > WIDE_SPREAD
  return `| ${id} | ${title} | **${figure(ratio)}** | ${percent(spread)}${isWide ? ' (wide)' : ''} | ${say(goal, goal.must)} | ${say(goal, goal.aim)} | ${verdict(result)} | ${figure(ours)} / ${figure(other)} ${unit} | ${pairs.length} | ${result.at.slice(0, 10)} ${machines.indexOf(machineText(result.machine)) + 1} |`
}

const machineText = ({ cpu, cores, memoryGiB, os, node }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${os}, Node ${node}`

/** docs/performance.md from the last result of every row. */
export function renderPage(results: readonly Result[], sections: readonly string[] = []): string {
  const machines = [...new Set(results.map(({ machine }) => machineText(machine)))]
  return `# Performance

Written by \`npm run bench\`; figures beside it in [performance.json](performance.json). Machines differ and drift, so every figure that counts is a ratio of two things
that were taken in turn on one machine: the median of the pairs, with the distance between their quartiles as the spread. Each side is a process of its own.
A ratio whose spread is above ${percent(WIDE_SPREAD)} was taken again, and is marked *wide* where that did not help. *must* is what a release needs, *aim* what it works towards.

| row | ours ÷ other | ratio | spread | must | aim | reached | medians | pairs | taken, machine |
|---|---|--:|--:|--:|--:|---|---|--:|---|
${results.map(result => line(result, machines)).join('\n')}

${machines.map((text, index) => `Machine ${index + 1}: ${text}.`).join('\n')}
${sections.map(section => `\n${section}`).join('\n')}`
}
