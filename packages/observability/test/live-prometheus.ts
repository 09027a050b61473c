import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '@millrace/runtime'
import { findFreePorts, waitUntil } from '@millrace/testing'
import { stringify } from 'yaml'
import type { Target } from './live-platform.ts'

export const hasPrometheus = (): boolean => spawnSync('prometheus', ['--version']).status === 0

export interface Series {
  readonly metric: Readonly<Record<string, string>>
  /** Time in seconds, and the value as text. */
  readonly values: readonly (readonly [number, string])[]
}

export interface LivePrometheus {
  readonly url: string
  /** As a panel asks for lines: the last `seconds`, every `step` of them. */
  range(expr: string, seconds: number, step: number): Promise<readonly Series[]>
  /** As a panel asks for numbers: now. */
  instant(expr: string): Promise<readonly Series[]>
  labelValues(label: string, selector: string): Promise<readonly string[]>
  /** Names of alerts that hold, whether long enough or not. */
  alerts(): Promise<readonly string[]>
  /** Names of the alerts that are evaluated. */
  rules(): Promise<readonly string[]>
  /** What went wrong with a rule, by its name. */
  brokenRules(): Promise<readonly string[]>
  stop(): Promise<void>
}

/** A real Prometheus that scrapes the targets every second, as the chart's does every fifteen, and evaluates the rules. */
export async function startPrometheus(
  targets: readonly Target[],
  { directory, rules }: { readonly directory: string; readonly rules: string },
): Promise<LivePrometheus> {
  mkdirSync(directory, { recursive: true })
  const config = path.join(directory, 'prometheus.yml')
  const scraped = targets.map(({ service, address }) => ({
    targets: [address],
    labels: { namespace: 'live', pod: `${service}-0` },
  }))
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: '2s', evaluation_interval: '2s' },
      rule_files: [rules],
      scrape_configs: [{ job_name: 'millrace', static_configs: scraped }],
    }),
  )
  const [port] = await findFreePorts(1)
  const url = `http://127.0.0.1:${port}`
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })

  async function ask<T>(where: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${url}/api/v1/${where}?${new URLSearchParams(parameters)}`)
    const body = (await answer.json()) as { status: string; error?: string; data: T }
    if (body.status !== 'success')
      throw new Error(`Prometheus does not answer ${JSON.stringify(parameters)}: ${body.error}`)
    return body.data
  }

  interface Rule {
    readonly name: string
    readonly health: string
    readonly lastError?: string
  }
  const allRules = async (): Promise<Rule[]> =>
    (await ask<{ groups: { rules: Rule[] }[] }>('rules')).groups.flatMap(group => group.rules)

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`Prometheus has ended with ${child.exitCode}:\n${said}`)
    return (await fetch(`${url}/-/ready`)).ok
  }
  await waitUntil(isReady, { what: 'Prometheus to be ready', deadlineMs: 60_000 }).catch(async error => {
    await stop()
    throw error
  })
  return {
    url,
    async range(query, seconds, step) {
      const end = systemClock.now() / 1000
      const parameters = { query, start: String(end - seconds), end: String(end), step: String(step) }
      return (await ask<{ result: Series[] }>('query_range', parameters)).result
    },
    async instant(query) {
      const { result } = await ask<{ result: { metric: Series['metric']; value: [number, string] }[] }>('query', {
        query,
      })
      return result.map(({ metric, value }) => ({ metric, values: [value] }))
    },
    labelValues: (label, selector) => ask<string[]>(`label/${label}/values`, { 'match[]': selector }),
    async alerts() {
      const { alerts } = await ask<{ alerts: { labels: { alertname: string } }[] }>('alerts')
      return alerts.map(({ labels }) => labels.alertname)
    },
    rules: async () => (await allRules()).map(({ name }) => name),
    brokenRules: async () =>
      (await allRules())
        .filter(({ health }) => health !== 'ok')
        .map(({ name, health, lastError }) => `${name}: ${lastError ?? health}`),
    stop,
  }
}
