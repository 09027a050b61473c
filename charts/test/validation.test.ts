import { expect, it } from 'vitest'
import { generators } from './domains.ts'
import { chart, describeWithHelm, helm, preset } from './helm.ts'

const refusal = (...sets: readonly string[]): Promise<string> =>
  helm(
    'template',
    'demo',
    chart,
    ...sets.flatMap(set => (set.startsWith('-f ') ? ['-f', set.slice(3)] : ['--set', set])),
  ).then(
    () => 'nothing was refused',
    error => String(error),
  )

describeWithHelm('values that cannot be right', () => {
  it.each([
    ['an unknown key', 'kafka.storge.size=1Gi', "at '/kafka': additional properties 'storge' not allowed"],
    ['an unknown group', 'kafak.enabled=true', "at '': additional properties 'kafak' not allowed"],
    ['an unknown service', 'services.curatr.replicas=2', "at '/services': additional properties 'curatr' not allowed"],
    ['an unknown variable', 'services.curator.env.MILLRACE_FOO=1', "additional properties 'MILLRACE_FOO' not allowed"],
    [
      'a wrong type',
      'services.ingest-gateway.replicas=three',
      "at '/services/ingest-gateway/replicas': got string, want integer",
    ],
    ['a text for a switch', 'kafka.enabled=maybe', "at '/kafka/enabled': got string, want boolean"],
    ['two brokers', 'kafka.replicas=2', "at '/kafka/replicas': value must be one of 1, 3"],
    ['a gateway of none', 'services.ingest-gateway.replicas=0', "at '/services/ingest-gateway/replicas'"],
    ['a size that is none', 'kafka.storage.size=10GB', "at '/kafka/storage/size'"],
    ['a request that is none', 'cassandra.resources.requests.memory=much', "at '/cassandra/resources/requests/memory'"],
    [
      'a duration without a unit',
      'serviceDefaults.drainDelay=10',
      "at '/serviceDefaults/drainDelay': got number, want string",
    ],
    ['a heap without a unit', 'kafka.heap=512', "at '/kafka/heap': got number, want string"],
    ['a variable of the wrong kind', 'services.ingest-gateway.env.MILLRACE_MAX_RECORDS=many', 'MILLRACE_MAX_RECORDS'],
    ['a variable out of range', 'services.ingest-gateway.env.MILLRACE_MAX_RECORDS=0', 'minimum'],
    ['a duration that is none', 'services.ingest-gateway.env.MILLRACE_ACK_DEADLINE=soon', 'MILLRACE_ACK_DEADLINE'],
    ['brokers without a port', 'kafka.external.brokers=kafka-1', "at '/kafka/external/brokers'"],
    ['a keyspace that CQL does not take', 'mart.keyspace=My-Keyspace', "at '/mart/keyspace'"],
    ['the root as the lake', 'lake.root=/', "at '/lake/root'"],
  ])('are refused with their place: %s', async (_name, set, message) => {
    expect(await refusal(set)).toContain(message)
  })

  it.each([
    ['services.ingest-gateway.env.MILLRACE_MAX_RECORDS=5000'],
    ['services.ingest-gateway.env.MILLRACE_MAX_BODY=16MiB'],
    ['services.ingest-gateway.env.MILLRACE_ACK_DEADLINE=5s'],
    ['services.anomaly-scorer.env.MILLRACE_PUBLISH_SCORES=false'],
    ['services.generator.env.MILLRACE_SEED=42'],
    [`services.${generators[0]}.env.MILLRACE_SEED=42`],
    ['kafka.replicationFactor=1'],
    ['global.imageRegistry=somewhere'],
    ['networkPolicy.metricsFrom=null'],
  ])('are not mistaken for those that are: %s', async set => {
    expect(await refusal(set)).toBe('nothing was refused')
  })

  it.each([
    [
      'no external brokers',
      ['kafka.enabled=false'],
      'kafka.enabled is false and kafka.external.brokers is empty: name your brokers',
    ],
    [
      'no external HDFS',
      ['hadoop.enabled=false'],
      'these need HDFS: lake-archiver, reconciler, proof. Name your NameNodes',
    ],
    [
      'no external Cassandra',
      ['cassandra.enabled=false'],
      'these need Cassandra: mart-writer, reconciler, mart-schema, proof. Name your contact points.',
    ],
    [
      'more copies than brokers',
      ['kafka.replicationFactor=3'],
      'kafka.replicationFactor is 3, but there are 1 brokers',
    ],
    [
      'SASL without a Secret',
      ['kafka.enabled=false', 'kafka.external.brokers=k:1', 'kafka.external.saslMechanism=plain'],
      'kafka.external.existingSecret is empty: name a Secret with `username` and `password`',
    ],
    [
      'an authority without TLS',
      [
        'kafka.enabled=false',
        'kafka.external.brokers=k:1',
        'kafka.external.tls.ca=true',
        'kafka.external.existingSecret=s',
      ],
      'kafka.external.tls.enabled is false: set it to true',
    ],
    [
      'certificates without a Secret',
      [
        'cassandra.enabled=false',
        'cassandra.external.contactPoints=c',
        'cassandra.external.tls.enabled=true',
        'cassandra.external.tls.ca=true',
      ],
      'cassandra.external.existingSecret is empty: name the Secret that has them',
    ],
    [
      'a token without a Secret',
      ['hadoop.enabled=false', 'hadoop.external.webhdfsUrls=http://n:1', 'hadoop.external.delegationToken=true'],
      'name a Secret with `delegation-token`',
    ],
    [
      'a login without a Secret',
      ['cassandra.enabled=false', 'cassandra.external.contactPoints=c', 'cassandra.external.login=true'],
      'name a Secret with `username` and `password`',
    ],
    ['a generator without a gateway', ['services.ingest-gateway.enabled=false'], 'there is nobody to send events to'],
    [
      'a generator without a key',
      ['services.ingest-gateway.keys.existingSecret=keys'],
      'the chart makes no key for the generator',
    ],
    ['an Ingress without a host', ['services.ingest-gateway.ingress.enabled=true'], 'name the host of the gateway'],
  ])('are refused with what to do: %s', async (_name, sets, message) => {
    expect(await refusal(...sets)).toContain(message)
  })

  it('are named all at once', async () => {
    const message = await refusal(`-f ${preset('external')}`)
    for (const store of ['kafka', 'hadoop', 'cassandra']) expect(message).toContain(`${store}.enabled is false`)
  })
})
