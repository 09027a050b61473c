import { expect, it } from 'vitest'
import { describeStack, openStack } from '../src/index.ts'
import { describeOnStack } from '../src/vitest.ts'

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

  it('can be opened for its handles', async () => {
    const opened = await openStack(stack.directory)
    expect(opened?.servers.map(server => server.name)).toContain('datanode2')
    expect(opened?.addresses.cassandra).toEqual(stack.cassandra)
  })
})
