import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Topic } from '@millrace/contracts'
import { createEmbeddedEventLog } from '@millrace/event-log'
import { createHealth, createLogger, createServiceMetrics, ManualClock } from '@millrace/runtime'
import { waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { createByteBudget, createRunner, createRunnerGroup } from '../src/index.ts'
import { copying, curated, raw, scores, textOf } from './support.ts'

const TOPICS: Readonly<Record<string, Topic>> = { lol: raw, hotel: scores, music: curated }

/** The runners of three domains in one process, each over a topic of its own; the record `fail <why>` ends its domain. */
async function openDomains() {
  const directory = await mkdtemp(join(tmpdir(), 'runner-group-'))
  const clock = new ManualClock()
  const silent = createLogger('curator', { level: 'silent' })
  const lines: { readonly event: string; readonly domain?: string }[] = []
  const logger = createLogger('curator', { destination: { write: line => void lines.push(JSON.parse(line)) } })
  const log = await createEmbeddedEventLog({ directory, clock, logger: silent })
  await log.ensureTopics(Object.values(TOPICS))
  const producer = await log.producer({ clientId: 'test' })
  const metrics = createServiceMetrics('curator', { processMetrics: false })
  const health = createHealth()
  const budget = createByteBudget(1 << 20)
  const processed: string[] = []
  const runnerOf = (domain: string) =>
    createRunner({
      topology: {
        ...copying({
          process: records => {
            for (const text of records.map(textOf)) {
              if (text.startsWith('fail')) throw new Error(text.slice('fail '.length))
              processed.push(text)
            }
            return { emits: [], failed: [], done: records.at(-1)!.offset + 1 }
          },
        }),
        name: `curator.${domain}`,
        topics: [TOPICS[domain]!],
      },
      log,
      clock,
      logger: silent,
      metrics,
      health,
      options: { budget },
    })
  const runners = Object.fromEntries(Object.keys(TOPICS).map(domain => [domain, runnerOf(domain)]))
  const group = createRunnerGroup({ service: 'curator', runners, registry: metrics.registry, health, logger })
  let outcome: string | null = null
  group.finished.then(
    () => {
      outcome = 'resolved'
    },
    error => {
      outcome = `rejected: ${error.message}`
    },
  )
  return {
    group,
    runners,
    health,
    budget,
    lines,
    processed,
    outcome: () => outcome,
    async send(domain: string, text: string): Promise<void> {
      const record = { key: Buffer.from('ann'), value: Buffer.from(text), timestampMs: clock.now() }
      const [result] = await producer.append(TOPICS[domain]!.name, [record], { deadlineMs: 10_000 })
      if (!result?.ok) throw result?.error
    },
    /** Lets time pass until something is so. */
    until: (what: string, condition: () => boolean | Promise<boolean>) =>
      waitUntil(
        async () => {
          await clock.advance(250)
          return condition()
        },
        { what, deadlineMs: 20_000, intervalMs: 2 },
      ),
    async stopped(): Promise<Record<string, number>> {
      const text = await metrics.registry.metrics()
      const found = text.matchAll(/^millrace_curator_stopped_domains\{domain="(\w+)".*\} (\d)$/gm)
      return Object.fromEntries([...found].map(([, domain, value]) => [domain, Number(value)]))
    },
    committed: async (domain: string): Promise<number> =>
      [...(await log.committed(`curator.${domain}`, TOPICS[domain]!.name)).values()].reduce(
        (sum, at) => sum + at.offset,
        0,
      ),
    async [Symbol.asyncDispose]() {
      await group.stop()
      await producer.close()
      await log.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describe('a runner group', () => {
  it('stops the one domain that fails, says which and why, and lets the others go on', async () => {
    await using world = await openDomains()
    const { group, runners, health, budget, lines, processed } = world
    await group.start()
    await world.until('readiness', () => health.notReady() === null)
    expect(await world.stopped()).toEqual({ lol: 0, hotel: 0, music: 0 })

    await world.send('lol', 'fail never seen before')
    await expect(runners.lol!.finished).rejects.toThrow('never seen before')
    expect(health.notReady()).toEqual({
      curator: 'domain lol stopped: Error: never seen before',
      'curator.lol': 'stopped: Error: never seen before',
    })
    expect(await world.stopped()).toEqual({ lol: 1, hotel: 0, music: 0 })
    expect(lines).toMatchObject([{ event: 'domain_stopped', domain: 'lol', err: { message: 'never seen before' } }])

    await world.send('hotel', 'h1')
    await world.send('music', 'm1')
    await world.until('the others to commit', async () => {
      return (await world.committed('hotel')) === 1 && (await world.committed('music')) === 1
    })
    expect(processed.toSorted()).toEqual(['h1', 'm1'])
    // What the failed one held is there for the others.
    expect(budget.heldBytes).toBe(0)
    expect(world.outcome()).toBeNull()
    expect(health.live()).toBe(true)
  })

  it('has failed when all domains have, with the first error', async () => {
    await using world = await openDomains()
    await world.group.start()
    for (const domain of ['hotel', 'lol', 'music']) {
      expect(world.outcome()).toBeNull()
      await world.send(domain, `fail in ${domain}`)
      await expect(world.runners[domain]!.finished).rejects.toThrow(`in ${domain}`)
    }
    await expect(world.group.finished).rejects.toThrow('in hotel')
    expect(world.health.notReady()?.curator).toBe(
      'domain hotel stopped: Error: in hotel; domain lol stopped: Error: in lol; domain music stopped: Error: in music',
    )
    expect(world.lines.map(({ event, domain }) => `${event} ${domain}`)).toEqual([
      'domain_stopped hotel',
      'domain_stopped lol',
      'domain_stopped music',
    ])
  })

  it('stops all, and has then ended well although one had failed', async () => {
    const world = await openDomains()
    await world.group.start()
    await world.send('lol', 'fail')
    await expect(world.runners.lol!.finished).rejects.toThrow()
    await world.send('hotel', 'h1')
    await world.until('h1 to be processed', () => world.processed.includes('h1'))
    await world.group.stop()
    await expect(world.group.finished).resolves.toBeUndefined()
    await expect(world.runners.hotel!.finished).resolves.toBeUndefined()
    await expect(world.runners.music!.finished).resolves.toBeUndefined()
    expect(await world.committed('hotel')).toBe(1)
    await world[Symbol.asyncDispose]()
  })

  it('stops what it has started when one of its runners cannot start', async () => {
    const calls: string[] = []
    const runner = (name: string) => ({
      name,
      finished: new Promise<void>(() => {}),
      start: async () => {
        if (name === 'second') throw new Error('cannot start')
        calls.push(`start ${name}`)
      },
      stop: async () => void calls.push(`stop ${name}`),
    })
    const group = createRunnerGroup({
      service: 'curator',
      runners: { first: runner('first'), second: runner('second'), third: runner('third') },
      registry: createServiceMetrics('curator', { processMetrics: false }).registry,
      health: createHealth(),
      logger: createLogger('curator', { level: 'silent' }),
    })
    await expect(group.start()).rejects.toThrow('cannot start')
    expect(calls).toEqual(['start first', 'stop first'])
  })

  it('stops all its runners, and tells the error of any that cannot stop', async () => {
    const stopped: string[] = []
    const runner = (name: string) => ({
      name,
      finished: new Promise<void>(() => {}),
      start: async () => {},
      stop: async () => {
        stopped.push(name)
        if (name === 'second') throw new Error('cannot stop')
      },
    })
    const group = createRunnerGroup({
      service: 'curator',
      runners: { first: runner('first'), second: runner('second'), third: runner('third') },
      registry: createServiceMetrics('curator', { processMetrics: false }).registry,
      health: createHealth(),
      logger: createLogger('curator', { level: 'silent' }),
    })
    await group.start()
    await expect(group.stop()).rejects.toThrow('cannot stop')
    expect(stopped).toEqual(['first', 'second', 'third'])
  })
})
