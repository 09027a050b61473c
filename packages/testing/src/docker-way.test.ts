import { describe, expect, it } from 'vitest'
import { containerName, specOf as specIn } from './docker-way.ts'
import { planServers, type ServerPlan } from './server-plan.ts'

let next = 20_000
const plans = await planServers({ kafkaBrokers: 3, dataNodes: 2, cassandra: true }, async count =>
  Array.from({ length: count }, () => next++),
)
const specOf = (plan: ServerPlan, quickStart = true) => specIn(plan, { plans, quickStart })
const planOf = (name: string) => plans.find(plan => plan.name === name)!
const propertiesOf = (name: string) =>
  Object.fromEntries(
    specOf(planOf(name))
      .files['server.properties']!.trim()
      .split('\n')
      .map(line => line.split(/=(.*)/s).slice(0, 2)),
  )

describe('the container of', () => {
  it('a broker formats its storage once, and listens to clients from without and to brokers from within', () => {
    const { script, ports, data } = specOf(planOf('kafka2'))
    expect(script).toMatch(/^\[ -f (\S+)\/meta\.properties \] \|\| { rm -rf \1 .*kafka-storage\.sh format/)
    expect(propertiesOf('kafka2')['log.dirs']).toMatch(new RegExp(`^${data}/`))
    expect(script).toMatch(/\nexec \S+kafka-server-start\.sh \S+$/)
    const { client, detour, secure, internal, controller } = planOf('kafka2').ports
    expect(ports).toEqual([client, detour, secure])
    const properties = propertiesOf('kafka2')
    expect(properties.listeners).toContain(`CLIENT://0.0.0.0:${client},DETOUR://0.0.0.0:${detour},`)
    expect(properties.listeners).toContain(`INTERNAL://127.0.0.1:${internal}`)
    expect(properties['advertised.listeners']).toContain(`CLIENT://127.0.0.1:${client}`)
    expect(properties['advertised.listeners']).toContain(`INTERNAL://127.0.0.1:${internal}`)
    expect(properties['controller.quorum.voters']).toContain(`2@127.0.0.1:${controller}`)
  })

  it('a DataNode finds the NameNode and sends clients to this machine', () => {
    const { script, files, ports } = specOf(planOf('datanode1'))
    expect(script).toMatch(/^exec \S+hdfs --config \/millrace datanode$/)
    expect(files['core-site.xml']).toContain(`<value>hdfs://127.0.0.1:${planOf('namenode').ports.rpc}</value>`)
    expect(files['hdfs-site.xml']).toMatch(/dfs\.datanode\.hostname<\/name><value>127\.0\.0\.1</)
    const { http, transfer } = planOf('datanode1').ports
    expect(ports).toEqual([http])
    expect(files['hdfs-site.xml']).toContain(`<value>0.0.0.0:${http}</value>`)
    expect(files['hdfs-site.xml']).toContain(`<value>127.0.0.1:${transfer}</value>`)
  })

  it('the NameNode formats once', () => {
    const { script } = specOf(planOf('namenode'))
    expect(script).toMatch(/^\[ -f (\S+)\/name\/current\/VERSION \] \|\| { rm -rf \1 .* namenode -format/)
  })

  it('Cassandra listens where clients are sent', () => {
    const { files, ports } = specOf(planOf('cassandra'))
    const { cql } = planOf('cassandra').ports
    expect(ports).toEqual([cql])
    expect(files['cassandra.yaml']).toMatch(
      new RegExp(`rpc_address: 0\\.0\\.0\\.0\\n.*\\nnative_transport_port: ${cql}`),
    )
  })

  it.each(['kafka1', 'namenode', 'datanode2', 'cassandra'])('%s compiles less for a quick start only', name => {
    const optionsOf = (quickStart: boolean) => Object.values(specOf(planOf(name), quickStart).environment).join(' ')
    expect(optionsOf(true)).toContain('-XX:TieredStopAtLevel=1')
    expect(optionsOf(false)).not.toContain('-XX:TieredStopAtLevel=1')
  })
})

describe('containerName', () => {
  it('is the same for the same folder, and another for another', () => {
    expect(containerName('/a/stack', 'kafka1')).toMatch(/^millrace-[0-9a-f]{10}-kafka1$/)
    expect(containerName('/a/stack', 'kafka1')).toBe(containerName('/a/stack', 'kafka1'))
    expect(containerName('/b/stack', 'kafka1')).not.toBe(containerName('/a/stack', 'kafka1'))
  })
})
