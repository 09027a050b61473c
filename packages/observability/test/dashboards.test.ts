import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { dashboards, renderFiles } from '../src/index.ts'
import { panelsOf } from './panels.ts'

const files = fileURLToPath(new URL('../../../charts/millrace/files', import.meta.url))

describe('generated files', () => {
  it('are up to date (else: npm run generate)', () => {
    const rendered = renderFiles()
    for (const [file, text] of rendered) expect(readFileSync(path.join(files, file), 'utf8'), file).toBe(text)
    const there = ['dashboards', 'alerts'].flatMap(folder =>
      readdirSync(path.join(files, folder)).map(name => `${folder}/${name}`),
    )
    expect(there.toSorted()).toEqual([...rendered.keys()].toSorted())
  })
})

describe.each(Object.entries(dashboards))('dashboard %s', (_, dashboard) => {
  const panels = panelsOf(dashboard)

  it('has panels that say what they show, each with queries of the chosen Prometheus', () => {
    expect(panels.length).toBeGreaterThan(5)
    for (const { title, description, datasource, targets } of panels) {
      expect(description, title).toMatch(/^[A-Z0-9`].{10,}\.$/)
      expect(datasource, title).toEqual({ type: 'prometheus', uid: '$' + '{datasource}' })
      expect(targets.length, title).toBeGreaterThan(0)
      for (const { expr, legendFormat } of targets) {
        expect(legendFormat, title).not.toBe('')
        expect(expr, title).toContain('namespace=~"$namespace"')
      }
    }
  })

  it('has no panel over another or beyond the edge, and no two of one kind and title', () => {
    expect(new Set(panels.map(({ type, title }) => `${type} ${title}`)).size).toBe(panels.length)
    const taken = new Set<string>()
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), title).toBe(false)
          taken.add(`${x}/${y}`)
        }
    }
  })

  it('fills its rows', () => {
    const cells = panels.reduce((sum, { gridPos }) => sum + gridPos.w * gridPos.h, 0)
    const rows = new Map(panels.map(({ gridPos }) => [gridPos.y, gridPos.h]))
    expect(cells).toBe([...rows.values()].reduce((sum, height) => sum + height * 24, 0))
  })
})
