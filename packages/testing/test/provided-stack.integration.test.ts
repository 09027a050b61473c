import { expect, it, vi } from 'vitest'
import { describeStack, openStack } from '../src/index.ts'
import { fetchKafkaMetadata } from '../src/kafka-metadata.ts'
import { describeOnStack } from '../src/vitest.ts'
import { createTopic, withKafka } from './stack-programs.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

describeOnStack('the stack that integration tests are given', ['kafka', 'hdfs', 'cassandra'], stack => {
  it('is three brokers, two DataNodes and Cassandra, all of them ready', async () => {
    const description = await describeStack(stack.directory)
    expect(description?.servers.map(({ name, ready }) => ({ name, ready }))).toEqual(
      ['kafka1', 'kafka2', 'kafka3', 'namenode', 'datanode1', 'datanode2', 'cassandra'].map(name => ({
        name,
        ready: true,
      })),
    )
    expect(stack.kafka.brokers).toHaveLength(3)
  })

  it('has brokers that come back in sync: a restart ends when the broker has what it missed', async () => {
    const opened = (await openStack(stack.directory))!
    const topic = `in-sync-${process.pid}`
    await withKafka(stack.kafka.brokers, async kafka => {
      await createTopic(kafka, stack.kafka.brokers, { topic, numPartitions: 6, replicationFactor: 3 })
      const admin = kafka.admin()
      await admin.connect()
      const producer = kafka.producer({ retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 60 } })
      await producer.connect()
      // One partition per send: kafkajs forgets parts of a send to several brokers when one of them dies.
      const send = async (value: string) => {
        for (let partition = 0; partition < 6; partition++)
          await producer.send({ topic, acks: -1, messages: Array.from({ length: 10 }, () => ({ partition, value })) })
      }
      await send('before')
      await opened.server('kafka2').kill()
      await send('meanwhile')
      await opened.server('kafka2').restart()
      const [host, port] = stack.kafka.brokers[1]!.split(':')
      const { brokers, partitions } = await fetchKafkaMetadata(host!, Number(port), 5000)
      expect(brokers.toSorted()).toEqual([1, 2, 3])
      const own = partitions.filter(partition => partition.topic === topic)
      expect(own.map(({ inSync }) => inSync.toSorted())).toEqual(Array(6).fill([1, 2, 3]))
      const ends = await admin.fetchTopicOffsets(topic)
      expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBeGreaterThanOrEqual(120)
      await producer.disconnect()
      await admin.deleteTopics({ topics: [topic] })
      await admin.disconnect()
    })
  })
})
