import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { drawChart } from './chart.ts'
import { renderPage } from './page.ts'
import type { Results } from './result.ts'

/** New results take the place of those with their ids; what is no longer declared goes. */
function merge<Result extends { readonly id: string }>(
  declared: readonly { readonly id: string }[],
  before: readonly Result[],
  news: readonly Result[],
): readonly Result[] {
  return declared.flatMap(({ id }) => {
    const result = news.find(one => one.id === id) ?? before.find(one => one.id === id)
    return result ? [result] : []
  })
}

/** Writes performance.json, performance.md and the charts into a folder, with what was there of other rows. */
export function keepResults(
  folder: string,
  news: Results,
  declared: { readonly rows: readonly { readonly id: string }[]; readonly curves: readonly { readonly id: string }[] },
): void {
  const file = path.join(folder, 'performance.json')
  const before: Results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { rows: [], curves: [] }
  const results: Results = {
    rows: merge(declared.rows, before.rows, news.rows),
    curves: merge(declared.curves, before.curves, news.curves),
  }
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(path.join(folder, 'performance.md'), renderPage(results))
  mkdirSync(path.join(folder, 'performance'), { recursive: true })
  for (const curve of results.curves)
    writeFileSync(path.join(folder, 'performance', `${curve.id}.svg`), drawChart(curve))
}
