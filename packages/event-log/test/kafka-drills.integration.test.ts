import { systemClock } from '@millrace/runtime'
import { openStack, type ServerHandle } from '@millrace/testing'
import { describeOnStack } from '@millrace/testing/vitest'
import { afterEach, describe, expect, it } from 'vitest'
import { type KafkaEventLogOptions, kafkaClients, type LogConsumer } from '../src/index.ts'
import { Drill } from './kafka-drill.ts'
import { KafkaProxy, PRODUCE } from './kafka-proxy.ts'

const LOAD = { writers: 4, batch: 100, deadlineMs: 20_000 }
const TIMEOUT_MS = 60_000

describeOnStack('kafka event log, with things broken', ['kafka'], ({ kafka, directory }) => {
  describe.each(kafkaClients)('by %s', client => {
    let drill: Drill
    let proxy: KafkaProxy | undefined
    const repairs: (() => Promise<void>)[] = []

    afterEach(async () => {
      for (const step of repairs.splice(0)) await step()
      await drill.close()
      await proxy?.close()
      proxy = undefined
    }, 180_000)

    const openDrill = (options: Partial<KafkaEventLogOptions> = {}): Drill =>
      new Drill(kafka.brokers, { client, ...options })

    async function brokers(): Promise<readonly ServerHandle[]> {
      const stack = await openStack(directory)
      if (!stack) throw new Error(`The stack in ${directory} is not there.`)
      return stack.servers.filter(server => /^kafka\d$/.test(server.name))
    }

    it('loses nothing when one of three brokers is killed under load and comes back', async () => {
      const [victim] = await brokers()
      drill = openDrill()
      await drill.open()
      drill.startWriting(LOAD)
      await drill.progress(3_000, TIMEOUT_MS)
      await victim!.kill()
      repairs.push(() => victim!.restart())
      await drill.progress(3_000, TIMEOUT_MS)
      await victim!.restart()
      repairs.length = 0
      await drill.progress(3_000, TIMEOUT_MS)
      await drill.stopWriting()
      const count = await drill.count()
      expect(count.lost).toEqual([])
      expect(count.acknowledged).toBeGreaterThan(9_000)
      // Every record that is there twice was sent again after a producer was replaced.
      expect(count.stored - count.duplicates).toBeGreaterThanOrEqual(count.acknowledged)
    })

    it('loses nothing, and stores nothing twice, when answers are lost for a while', async () => {
      proxy = await KafkaProxy.open(kafka.brokers)
      drill = openDrill({ routeTo: proxy.routeTo, requestTimeoutMs: 1_000 })
      await drill.open()
      drill.startWriting(LOAD)
      await drill.progress(2_000, TIMEOUT_MS)
      let lose = 12
      proxy.losesAnswer = apiKey => apiKey === PRODUCE && lose-- > 0
      await drill.progress(10_000, TIMEOUT_MS)
      await drill.stopWriting()
      expect(proxy.lostAnswers).toBe(12)
      const count = await drill.count()
      expect(count.lost).toEqual([])
      expect(count.refused.size).toBe(0)
      expect(count.duplicates).toBe(0)
    })

    it('stores a batch that waited behind one whose answer was lost', async () => {
      proxy = await KafkaProxy.open(kafka.brokers)
      const compression = 'zstd' as const
      drill = openDrill({ routeTo: proxy.routeTo, requestTimeoutMs: 1_000, compression })
      await drill.open(1)
      await drill.send(10, 20_000, 'key')
      let lose = 1
      proxy.losesAnswer = apiKey => apiKey === PRODUCE && lose-- > 0
      const first = drill.send(50, 20_000, 'key')
      const second = systemClock.sleep(100).then(() => drill.send(50, 20_000, 'key'))
      expect(new Set([...(await first), ...(await second)])).toEqual(new Set(['ok']))
      expect(proxy.lostAnswers).toBe(1)
      expect(await drill.count()).toMatchObject({ acknowledged: 110, stored: 110, lost: [], duplicates: 0 })
    })

    it('stores a batch that follows one that was given up', async () => {
      proxy = await KafkaProxy.open(kafka.brokers)
      drill = openDrill({ routeTo: proxy.routeTo, requestTimeoutMs: 5_000 })
      await drill.open(1)
      await drill.send(10, 20_000, 'key')
      let isLosing = true
      proxy.losesAnswer = apiKey => apiKey === PRODUCE && isLosing
      // Stored, but nobody hears of it in time.
      expect(new Set(await drill.send(50, 1_000, 'key'))).toEqual(new Set(['append_timeout']))
      isLosing = false
      // As many records again: the broker would take them for the same batch if the sequence numbers were the same.
      expect(new Set(await drill.send(50, 20_000, 'key'))).toEqual(new Set(['ok']))
      const count = await drill.count()
      expect(count.lost).toEqual([])
      expect(count).toMatchObject({ acknowledged: 60, stored: 110, duplicates: 0 })
    })

    it('acknowledges nothing for a partition that is gone', async () => {
      drill = openDrill()
      await drill.open(6)
      await drill.send(60, 20_000)
      drill.acknowledged.clear()
      await drill.shrink(1)
      const answers = await drill.send(60, 5_000)
      expect(answers.filter(answer => answer === 'ok').length).toBeGreaterThan(0)
      const count = await drill.count()
      expect(count.lost).toEqual([])
      expect(count.stored - count.duplicates).toBe(count.acknowledged)
    })

    it('answers in time while all brokers are away, loses nothing, and recovers by itself', async () => {
      const all = await brokers()
      drill = openDrill()
      await drill.open()
      const deadlineMs = 2_000
      const consumer = await drill.log.consumer({ group: drill.topic, topics: [drill.topic], clientId: 'c' })
      const consumed = consume(consumer)
      drill.startWriting({ ...LOAD, deadlineMs })
      await drill.progress(2_000, TIMEOUT_MS)
      for (const broker of all) await broker.freeze()
      repairs.push(async () => {
        for (const broker of all) await broker.thaw()
      })
      await systemClock.sleep(deadlineMs)
      const before = systemClock.now()
      await drill.send(10, deadlineMs)
      expect(systemClock.now() - before).toBeLessThan(deadlineMs * 3)
      await systemClock.sleep(15_000)
      for (const step of repairs.splice(0)) await step()
      await drill.progress(2_000, TIMEOUT_MS * 2)

      await Promise.all(all.map(broker => broker.kill()))
      repairs.push(async () => {
        await Promise.all(all.map(broker => broker.restart()))
      })
      await systemClock.sleep(10_000)
      for (const step of repairs.splice(0)) await step()
      await drill.progress(2_000, TIMEOUT_MS * 2)
      await drill.stopWriting()

      const count = await drill.count()
      expect(count.lost).toEqual([])
      expect([...count.refused.keys()]).toEqual(['append_timeout'])
      await consumed.until(drill.acknowledged, TIMEOUT_MS * 2)
      await consumer.close()
    })

    /** Reads on and on, committing, and collects the ids. */
    function consume(consumer: LogConsumer) {
      const seen = new Set<string>()
      let failure: unknown
      const loop = (async () => {
        for (;;) {
          const event = await consumer.poll(1_000)
          if (event?.type === 'assigned')
            for (const assignment of event.assignments) consumer.start(assignment, assignment.committed?.offset ?? 0)
          if (event?.type !== 'records') continue
          for (const { value } of event.records) seen.add(value.toString('latin1', 0, 8))
          const { topic, partition, epoch, records } = event
          await consumer
            .commit([{ topic, partition, epoch, offset: records.at(-1)!.offset + 1, metadata: '' }])
            .catch((error: { code?: string }) => {
              if (error.code !== 'fenced' && error.code !== 'log_unavailable') throw error
            })
        }
      })().catch(error => {
        if (error.code !== 'log_closed') failure = error
      })
      return {
        async until(wanted: ReadonlySet<string>, timeoutMs: number): Promise<void> {
          const untilMs = systemClock.now() + timeoutMs
          const missing = () => [...wanted].filter(id => !seen.has(id)).length
          while (missing() > 0) {
            if (failure) throw failure
            if (systemClock.now() > untilMs)
              throw new Error(`the consumer has ${seen.size} ids after ${timeoutMs} ms, ${missing()} are missing`)
            await systemClock.sleep(50)
          }
        },
        loop,
      }
    }
  })
})
