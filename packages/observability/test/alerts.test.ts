import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { alerts, dashboards, fileNameOf } from '../src/index.ts'
import { panelsOf } from './panels.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const files = (folder: string, extension: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter(name => name.endsWith(extension) && name !== 'README.md')
    .map(name => name.slice(0, -extension.length))
    .sort()
const named = alerts.map(fileNameOf).sort()
const hasPromtool = spawnSync('promtool', ['--version']).status === 0

interface Case {
  readonly alertname: string
  readonly exp_alerts: readonly unknown[]
}

describe('alerts', () => {
  it('have names of their own', () => expect(new Set(named).size).toBe(alerts.length))

  it('have a rule file, a runbook and a test each, and there are no others', () => {
    expect(files('charts/millrace/files/alerts', '.yaml')).toEqual(named)
    expect(files('docs/runbooks', '.md')).toEqual(named)
    expect(files('packages/observability/test/alerts', '.yaml')).toEqual(named)
  })

  it.each(alerts.map(alert => [alert.name, alert] as const))('%s has a runbook that says what to do', (name, alert) => {
    const runbook = readFileSync(path.join(root, 'docs/runbooks', `${fileNameOf(alert)}.md`), 'utf8')
    expect(runbook).toContain(`# Millrace${name}\n`)
    for (const heading of ['## What it means', '## Find out', '## Do']) expect(runbook).toContain(`${heading}\n`)
    const index = readFileSync(path.join(root, 'docs/runbooks/README.md'), 'utf8')
    expect(index).toContain(`[Millrace${name}](${fileNameOf(alert)}.md) | ${alert.severity} |`)
  })

  it('have runbooks that speak of panels that exist', () => {
    const titles = new Set(
      Object.values(dashboards).flatMap(dashboard => panelsOf(dashboard).map(({ title }) => title)),
    )
    const spokenOf = named.flatMap(file => {
      const text = readFileSync(path.join(root, 'docs/runbooks', `${file}.md`), 'utf8')
      return [...text.matchAll(/"([A-Z][^"\n]+)"/g)].map(([, title]) => title!)
    })
    // One is a page of Prometheus.
    expect(spokenOf.filter(title => !titles.has(title))).toEqual(['Targets'])
    expect(spokenOf.length).toBeGreaterThan(10)
  })

  it.each(named)('%s is tested where it fires and where it does not', file => {
    const text = readFileSync(path.join(root, 'packages/observability/test/alerts', `${file}.yaml`), 'utf8')
    const { rule_files, tests } = parse(text) as {
      rule_files: string[]
      tests: { alert_rule_test: Case[] }[]
    }
    expect(rule_files).toEqual([`../../../../charts/millrace/files/alerts/${file}.yaml`])
    const cases = tests.flatMap(test => test.alert_rule_test)
    const alert = alerts.find(candidate => fileNameOf(candidate) === file)
    expect(new Set(cases.map(({ alertname }) => alertname))).toEqual(new Set([`Millrace${alert?.name}`]))
    expect(cases.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true)
    expect(cases.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true)
  })
})

describe('promtool', () => {
  if (!hasPromtool) {
    const reason = 'promtool is not on the PATH: install Prometheus'
    it('tests every alert', ({ skip }) => {
      expect(process.env.CI, `with CI=true it must be there: ${reason}`).not.toBe('true')
      skip(reason)
    })
    return
  }
  it.each(named)('agrees that %s fires when it must and only then', async file => {
    const cwd = path.join(root, 'packages/observability/test/alerts')
    const { stdout } = await promisify(execFile)('promtool', ['test', 'rules', `${file}.yaml`], { cwd })
    expect(stdout).toContain('SUCCESS')
  })
})
