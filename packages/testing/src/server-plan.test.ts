import { describe, expect, it } from 'vitest'
import { addressesOf, addressOf, detoursOf, planServers } from './server-plan.ts'

/** Gives 1, 2, 3 … and passes over what is preferred unless it is in `free`. */
function portsFrom(start: number, free: readonly number[] = []) {
  let next = start
  return async (count: number, preferred: readonly (number | undefined)[]) =>
    Array.from({ length: count }, (_, index) => {
      const wanted = preferred[index]
      return wanted !== undefined && free.includes(wanted) ? wanted : next++
    })
}

const ALL = { kafkaBrokers: 3, dataNodes: 2, cassandra: true } as const

describe('planServers', () => {
  it('gives every server ports of its own', async () => {
    const plans = await planServers(ALL, portsFrom(1))
    expect(plans.map(plan => plan.name)).toEqual([
      ...['kafka1', 'kafka2', 'kafka3', 'namenode', 'datanode1', 'datanode2', 'cassandra'],
    ])
    const ports = plans.flatMap(plan => Object.values(plan.ports))
    expect(new Set(ports).size).toBe(ports.length)
    expect(addressesOf(plans)).toEqual({
      kafka: { brokers: plans.slice(0, 3).map(addressOf) },
      hdfs: { nameNodes: [`http://127.0.0.1:${plans[3]!.ports.http}`], user: 'millrace' },
      cassandra: { contactPoints: ['127.0.0.1'], port: plans[6]!.ports.cql, localDataCenter: 'datacenter1' },
    })
    expect(detoursOf(plans)).toHaveLength(3)
  })

  it('leaves out what is not asked for', async () => {
    const plans = await planServers({ kafkaBrokers: 0, dataNodes: 0, cassandra: true }, portsFrom(1))
    expect(plans.map(plan => plan.name)).toEqual(['cassandra'])
    expect(addressesOf(plans)).toMatchObject({ kafka: null, hdfs: null })
  })

  it('takes the ports of an earlier run again, those that are free', async () => {
    const earlier = await planServers(ALL, portsFrom(100))
    const taken = earlier[1]!.ports.client!
    const free = earlier.flatMap(plan => Object.values(plan.ports)).filter(port => port !== taken)
    const plans = await planServers({ ...ALL, dataNodes: 3 }, portsFrom(500, free), earlier)
    const portsOf = (name: string) => plans.find(plan => plan.name === name)!.ports
    expect(portsOf('cassandra')).toEqual(earlier.at(-1)!.ports)
    expect(portsOf('kafka2')).toEqual({ ...earlier[1]!.ports, client: 500 })
    expect(Object.values(portsOf('datanode3')).every(port => port > 500)).toBe(true)
  })
})
