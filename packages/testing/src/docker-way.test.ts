import { describe, expect, it } from 'vitest'
import { specOf } from './docker-way.ts'
import { planServers } from './server-plan.ts'

let next = 20_000
const plans = await planServers({ kafkaBrokers: 3, dataNodes: 2, cassandra: true }, async count =>
  Array.from({ length: count }, () => next++),
)
const planOf = (name: string) => plans.find(plan => plan.name === name)!
const propertiesOf = (name: string) =>
  Object.fromEntries(
    specOf(planOf(name), plans)
      .files['server.properties']!.trim()
      .split('\n')
      .map(line => line.split(/=(.*)/s).slice(0, 2)),
  )

describe('the container of', () => {
  it('a broker formats its storage once, and tells clients ports of this machine and brokers names of the network', () => {
    const { script, ports } = specOf(planOf('kafka2'), plans)
    expect(script).toMatch(/^\[ -f \/tmp\/millrace\/meta\.properties \] \|\| \S+kafka-storage\.sh format/)
    expect(script).toMatch(/\nexec \S+kafka-server-start\.sh \S+$/)
    const { client, detour, secure, internal, controller } = planOf('kafka2').ports
    expect(ports.map(port => port.host)).toEqual([client, detour, secure])
    const properties = propertiesOf('kafka2')
    expect(properties.listeners).not.toContain('127.0.0.1')
    expect(properties['advertised.listeners']).toContain(`CLIENT://127.0.0.1:${client}`)
    expect(properties['advertised.listeners']).toContain(`INTERNAL://kafka2:${internal}`)
    expect(properties['controller.quorum.voters']).toContain(`2@kafka2:${controller}`)
  })

  it('a DataNode finds the NameNode by name and sends clients to this machine', () => {
    const { script, files, ports } = specOf(planOf('datanode1'), plans)
    expect(script).toMatch(/^exec \S+hdfs --config \/millrace datanode$/)
    expect(files['core-site.xml']).toContain(`<value>hdfs://namenode:${planOf('namenode').ports.rpc}</value>`)
    expect(files['hdfs-site.xml']).toMatch(/dfs\.datanode\.hostname<\/name><value>127\.0\.0\.1</)
    const { http } = planOf('datanode1').ports
    expect(ports).toEqual([{ container: http, host: http }])
    expect(files['hdfs-site.xml']).toContain(`<value>0.0.0.0:${http}</value>`)
  })

  it('the NameNode formats once', () => {
    const { script } = specOf(planOf('namenode'), plans)
    expect(script).toMatch(/^\[ -f \/tmp\/millrace\/name\/current\/VERSION \] \|\| .* namenode -format/)
  })

  it('Cassandra listens where clients are sent', () => {
    const { files, ports } = specOf(planOf('cassandra'), plans)
    const { cql } = planOf('cassandra').ports
    expect(ports).toEqual([{ container: cql, host: cql }])
    expect(files['cassandra.yaml']).toMatch(
      new RegExp(`rpc_address: 0\\.0\\.0\\.0\\n.*\\nnative_transport_port: ${cql}`),
    )
  })
})
