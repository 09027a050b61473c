import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/runtime'
import { type Stack, startStack, waitUntil } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { alerts, dashboards } from '../src/index.ts'
import { type LivePlatform, startPlatform } from './live-platform.ts'
import { hasPrometheus, type LivePrometheus, type Series, startPrometheus } from './live-prometheus.ts'
import { panelsOf } from './panels.ts'

const directory = mkdtempSync(path.join(os.tmpdir(), 'every-query-'))
const rules = fileURLToPath(new URL('../../../charts/millrace/files/alerts/*.yaml', import.meta.url))
const WINDOW_SECONDS = 60
const STEP_SECONDS = 5

/**
 * Twenty minutes ago, at a speed that comes to now within the test, so that all kinds of freshness occur. A part of the players is enough:
 * the third of four is the one that sends the model of music.
 */
const generator = () => ({
  START: new Date(systemClock.now() - 20 * 60_000).toISOString(),
  SHARD: '3/4',
  DURATION: 'forever',
  SPEED: '30',
  FAULTS: 'dup=0.01,late=0.01,malformed=0.001,missing-field=0.001',
  BATCH: '20',
})

const queries = Object.values(dashboards).flatMap(dashboard =>
  panelsOf(dashboard).flatMap(({ title, targets }) =>
    targets.map(({ expr, instant = false, refId }) => ({
      name: `${dashboard.title}, ${title} (${refId})`,
      expr,
      instant,
    })),
  ),
)
type Query = (typeof queries)[number]
const isData = (series: readonly Series[]): boolean =>
  series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))))

describeOnStack('every query of every panel', ['kafka', 'hdfs', 'cassandra'], () => {
  if (!hasPrometheus()) {
    it('returns data', ({ skip }) => {
      const reason = 'prometheus is not on the PATH: install it'
      expect(process.env.CI, `with CI=true it must be there: ${reason}`).not.toBe('true')
      skip(reason)
    })
    return
  }

  // Servers of its own: other tests leave records in the topics that would be differences here.
  let stack: Stack | undefined
  let platform: LivePlatform
  let prometheus: LivePrometheus | undefined
  beforeAll(async () => {
    stack = await startStack({
      directory: path.join(directory, 'stack'),
      kafkaBrokers: 1,
      dataNodes: 1,
      cassandra: true,
    })
    platform = await startPlatform(stack.addresses, path.join(directory, 'platform'), generator())
    prometheus = await startPrometheus(platform.targets, { directory: path.join(directory, 'prometheus'), rules })
  }, 400_000)
  afterAll(async () => {
    await prometheus?.stop()
    await platform?.stop()
    await stack?.stop({ graceMs: 0 })
    rmSync(directory, { recursive: true, force: true })
  }, 120_000)

  /** Those of the queries that return nothing now. */
  async function withoutData(asked: Query[], { labelValues, instant, range }: LivePrometheus): Promise<Query[]> {
    const services = await labelValues('service', 'millrace_ready{namespace=~".*"}')
    const fill = (expr: string): string =>
      expr
        .replaceAll('$namespace', '.*')
        .replaceAll('$service', services.join('|'))
        .replaceAll('$__rate_interval', '20s')
        .replaceAll('$__range', '10m')
    const missing: Query[] = []
    for (const query of asked) {
      const { name, expr, instant: isInstant } = query
      const filled = fill(expr)
      expect(filled, name).not.toContain('$')
      const series = isInstant ? await instant(filled) : await range(filled, WINDOW_SECONDS, STEP_SECONDS)
      if (!isData(series)) missing.push(query)
    }
    return missing
  }

  it('returns data of a platform at work', async () => {
    let missing: Query[] = queries
    const isComplete = async () => {
      platform.check()
      missing = await withoutData(missing, prometheus!)
      return missing.length === 0
    }
    await waitUntil(isComplete, { what: 'data for every query', deadlineMs: 600_000, intervalMs: 2_000 }).catch(() => {
      platform.check()
    })
    expect(missing.map(({ name, expr }) => `${name}: ${expr}`)).toEqual([])
    expect(await prometheus!.labelValues('namespace', 'millrace_ready')).toEqual(['live'])
  }, 700_000)

  it('finds no alert and no broken rule on a platform that is well', async () => {
    let holding: readonly string[] = []
    const isQuiet = async () => {
      platform.check()
      holding = await prometheus!.alerts()
      return holding.length === 0
    }
    await waitUntil(isQuiet, { what: 'no alert', deadlineMs: 120_000, intervalMs: 1_000 }).catch(() => {})
    expect(holding).toEqual([])
    expect(await prometheus!.brokenRules()).toEqual([])
    expect((await prometheus!.rules()).toSorted()).toEqual(alerts.map(({ name }) => `Millrace${name}`).toSorted())
  })

  it('raises the alert of a service that is gone', async () => {
    await platform.kill('anomaly-scorer')
    const isRaised = async () => (await prometheus!.alerts()).includes('MillraceServiceGone')
    await waitUntil(isRaised, { what: 'MillraceServiceGone to hold', deadlineMs: 120_000, intervalMs: 1_000 })
  })
})
