import { defineTopic, type Topic } from '@millrace/contracts'
import { type LogRecord, logError } from '@millrace/event-log'
import { type LogCall, waitUntil } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProcessResult, Topology } from '../src/index.ts'
import { driverOf, gate, raw, scores, texts, withAppend } from './support.ts'

/** Publishes each record under its text as event id; finishes nothing but what ends with `!`. */
const publish = (records: readonly LogRecord[]): ProcessResult => ({
  emits: records.map(record => ({
    topic: scores.name,
    key: record.key,
    value: Buffer.from(JSON.stringify({ eventId: record.value.toString() })),
    source: record,
  })),
  failed: [],
  done: records.some(({ value }) => value.toString().endsWith('!')) ? records.at(-1)!.offset + 1 : null,
  metadata: 'own text',
})
const once = (process = publish): Topology => ({
  name: 'once',
  topics: [raw],
  outputs: [scores],
  createProcessor: () => ({
    open: async ({ committed, earliest }) => {
      const from = committed?.offset ?? earliest
      return { readFrom: from, publishFrom: from }
    },
    process,
  }),
})
const idsOf = async (driver: Parameters<typeof texts>[0]): Promise<string[]> =>
  (await texts(driver, scores.name)).map(text => JSON.parse(text).eventId)

describe('a topic in which an event id occurs once', () => {
  it('has no output twice that was stored beside a position and belongs to none yet', async () => {
    const closed = gate()
    const processed: string[] = []
    let appends = 0
    const noting = once(records => {
      processed.push(...records.map(({ value }) => value.toString()))
      return publish(records)
    })
    await using driver = await driverOf(noting, {
      throughLog: withAppend(append => async (...call) => {
        if (call[0] === scores.name && ++appends === 1) await closed.opened
        return append(...call)
      }),
    })
    const producer = await driver.log.producer({ clientId: 'sender' })
    // The second and the third result wait together while the first one is stored.
    for (const text of ['a!', 'b!', 'c']) {
      const record = { key: Buffer.from('ann'), value: Buffer.from(text), timestampMs: driver.clock.now() }
      await producer.append(raw.name, [record], { deadlineMs: 60_000 })
      await waitUntil(() => processed.includes(text), { what: `${text} to be processed`, deadlineMs: 60_000 })
    }
    closed.open()
    await driver.advance(1_500)
    expect([...(await driver.committed(raw.name)).values()].map(({ offset }) => offset)).toContain(2)
    await driver.crash()
    await driver.restart()
    await driver.pipeBytes(raw.name, 'ann', 'd!')
    expect(await idsOf(driver)).toEqual(['a!', 'b!', 'c', 'd!'])
  })

  it('has no output twice of which the log did not say whether it was stored', async () => {
    let answers = 0
    await using driver = await driverOf(once(), {
      throughLog: withAppend(append => async (topic, records, how) => {
        const results = await append(topic, records, how)
        if (topic !== scores.name || ++answers > 3) return results
        return results.map(
          () => ({ ok: false, error: logError('append_timeout', { topic, ms: how.deadlineMs }) }) as const,
        )
      }),
    })
    await driver.pipeBytes(raw.name, 'ann', 'a', 'b!')
    await driver.advance(60_000)
    await driver.pipeBytes(raw.name, 'ann', 'c!')
    await driver.advance(60_000)
    expect(answers).toBe(2)
    expect(await idsOf(driver)).toEqual(['a', 'b!', 'c!'])
  })

  it('has a position before the first output, also where an older version committed none', async () => {
    const calls: string[] = []
    const onLogCall = ({ phase, operation, topics }: LogCall): void => {
      calls.push(`${phase} ${operation} ${topics}`)
    }
    await using driver = await driverOf(once(), { onLogCall })
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    const first = calls.indexOf(`before append ${scores.name}`)
    expect(calls.slice(0, first)).toContain(`after commit ${raw.name}`)
  })

  it('gives a processor its own text back, and none where nothing was processed', async () => {
    const seen: (string | null)[] = []
    const looking: Topology = {
      ...once(),
      createProcessor: () => {
        const { open } = once().createProcessor(raw, 0)
        return {
          open: assignment => {
            seen.push(assignment.committed?.metadata ?? null)
            return open(assignment)
          },
          process: publish,
        }
      },
    }
    await using driver = await driverOf(looking)
    await driver.crash()
    await driver.restart()
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    await driver.advance(1_500)
    await driver.restart()
    expect(new Set(seen)).toEqual(new Set([null, 'own text']))
    expect(await idsOf(driver)).toEqual(['a!'])
  })

  it('is waited for where it is not there yet', async () => {
    let asked = 0
    await using driver = await driverOf(once(), {
      throughLog: log => ({
        ...log,
        range: async topic => {
          if (topic === scores.name && ++asked <= raw.partitions) throw logError('unknown_topic', { topic })
          return log.range(topic)
        },
      }),
    })
    await driver.advance(60_000)
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    expect(driver.isRunning).toBe(true)
    expect(await idsOf(driver)).toEqual(['a!'])
  })

  it.each([
    ['unreadable', 'own text#nonsense,x:y'],
    ['without a topic that was added since', 'own text#test.other,0:5'],
    ['of an older version', 'own text'],
  ])('begins with what is published where the committed text is %s', async (_, metadata) => {
    await using driver = await driverOf(once())
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    await driver.advance(1_500)
    await driver.crash()
    const consumer = await driver.log.consumer({ group: 'once', topics: [raw.name], clientId: 'by hand' })
    const event = await consumer.poll(10_000)
    if (event?.type !== 'assigned') throw new Error(`expected an assignment, got ${event?.type}`)
    await consumer.commit(
      event.assignments.map(assignment => ({ ...assignment, offset: assignment.committed?.offset ?? 0, metadata })),
    )
    await consumer.close()
    await driver.restart()
    await driver.pipeBytes(raw.name, 'ann', 'b!')
    await driver.advance(1_500)
    const worked = [...(await driver.committed(raw.name)).values()].filter(({ offset }) => offset > 0)
    expect(worked).toMatchObject([{ offset: 2, metadata: expect.stringMatching(/^own text#test\.scores,\d+:2$/) }])
    expect(await idsOf(driver)).toEqual(['a!', 'b!'])
  })

  it('may have several revisions of an event, each once', async () => {
    const revised = defineTopic({
      ...{ name: scores.name, keyOf: scores.keyOf, eventTimeMs: scores.eventTimeMs, why: scores.why },
      partitions: scores.partitions,
      schema: z.looseObject({ ...scores.schema.shape, eventId: z.string(), revision: z.int() }),
      derivedFrom: { topic: raw as Topic, by: 'test', relation: 'each' },
    })
    const twice = (records: readonly LogRecord[]): ProcessResult => ({
      ...publish(records),
      emits: records.flatMap(record =>
        [1, 2].map(revision => ({
          ...{ topic: revised.name, key: record.key, source: record },
          value: Buffer.from(JSON.stringify({ eventId: 'a', revision: record.offset * 10 + revision })),
        })),
      ),
    })
    let kills = 1
    await using driver = await driverOf(
      { ...once(twice), outputs: [revised] },
      {
        onLogCall: ({ phase, operation, topics }) => {
          if (`${phase} ${operation} ${topics}` === `after append ${revised.name}` && kills-- === 1) driver.crashNow()
        },
      },
    )
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    await driver.restart()
    await driver.pipeBytes(raw.name, 'ann', 'b!')
    const published = (await texts(driver, revised.name)).map(text => JSON.parse(text).revision)
    expect(published).toEqual([1, 2, 11, 12])
  })

  it('may hold what is no output', async () => {
    await using driver = await driverOf(once())
    await driver.pipeBytes(raw.name, 'ann', 'a!')
    await driver.advance(1_500)
    for (const text of ['no JSON', 'null', '[]', '{"eventId":5}', '{"eventId":"b!"}']) {
      await driver.pipeBytes(scores.name, 'ann', text)
    }
    await driver.crash()
    await driver.restart()
    await driver.pipeBytes(raw.name, 'ann', 'b!', 'c!')
    const published = (await texts(driver, scores.name)).filter(text => text.includes('!'))
    expect(published.map(text => JSON.parse(text).eventId)).toEqual(['a!', 'b!', 'c!'])
  })
})
