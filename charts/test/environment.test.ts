import { envVariables, serviceEnvs } from '@millrace/all-in-one/reference'
import { expect, it } from 'vitest'
import { chart, containersOf, describeWithHelm, externalValues, HelmError, helm, render, workloads } from './helm.ts'

/** Everything that makes the chart set one more variable. */
const allAtOnce = [
  ...externalValues,
  ...[
    'kafka.external.saslMechanism=plain',
    'hadoop.external.delegationToken=true',
    'cassandra.external.login=true',
    'services.lol-generator.enabled=true',
    'services.lol-generator.job.enabled=true',
  ].flatMap(value => ['--set', value]),
  ...['kafka', 'hadoop', 'cassandra'].flatMap(store => [
    '--set',
    `${store}.external.existingSecret=s,${store}.external.tls.ca=true,${store}.external.tls.clientCertificate=true`,
  ]),
  ...['kafka', 'cassandra'].flatMap(store => ['--set', `${store}.external.tls.enabled=true`]),
]
/** Those of `names` that the schema does not know for a service; values that are wrong are another matter. */
async function refusedNames(service: string, names: readonly string[]): Promise<readonly string[]> {
  const args = names.flatMap(name => ['--set', `services.${service}.env.${name}=?`])
  const message = await helm('template', 'demo', chart, ...args).catch(error => {
    if (!(error instanceof HelmError)) throw error
    return error.message
  })
  const line = message.split('\n').find(text => text.includes('additional properties')) ?? ''
  return [...line.matchAll(/'(MILLRACE_\w+)'/g)].map(([, name]) => name!).sort()
}

describeWithHelm('environment names', () => {
  it.each([
    ['bundled stores', []],
    ['external stores with everything', allAtOnce],
    [
      'three gateways',
      ['--set', 'services.ingest-gateway.replicas=3,kafka.replicas=3,services.lol-generator.job.enabled=true'],
    ],
  ])('that the chart sets are all known to the service: %s', async (_name, args) => {
    let checked = 0
    for (const [object, pod] of workloads(await render(...args)))
      for (const { image, env = [], name } of containersOf(pod)) {
        const service = /(?:^|\/)millrace\/([a-z-]+):/.exec(image)?.[1]
        if (service === undefined) continue
        const known = envVariables(serviceEnvs[service]!).map(variable => variable.name)
        for (const variable of env) {
          expect(known, `${object.kind}/${object.metadata.name} ${name}`).toContain(variable.name)
          checked++
        }
      }
    expect(checked).toBeGreaterThan(50)
  })

  it('come from a Secret where they are secrets', async () => {
    for (const [, pod] of workloads(await render(...allAtOnce)))
      for (const { env = [] } of containersOf(pod))
        for (const { name, value } of env) if (/PASSWORD|TOKEN|API_KEY/.test(name)) expect(value, name).toBeUndefined()
  })

  it.each(Object.keys(serviceEnvs))('that %s knows may all be set, but secrets', async service => {
    const variables = envVariables(serviceEnvs[service]!)
    expect(variables.length).toBeGreaterThan(5)
    const refused = await refusedNames(
      service,
      variables.map(({ name }) => name),
    )
    expect(refused).toEqual(variables.filter(({ isSecret }) => isSecret).map(({ name }) => name))
    expect(await refusedNames(service, ['MILLRACE_NO_SUCH'])).toEqual(['MILLRACE_NO_SUCH'])
  })

  it('are secret where they say so', () => {
    const secrets = new Set(
      Object.values(serviceEnvs).flatMap(shape =>
        envVariables(shape)
          .filter(({ isSecret }) => isSecret)
          .map(({ name }) => name),
      ),
    )
    expect([...secrets].sort()).toEqual([
      'MILLRACE_API_KEY',
      'MILLRACE_CASSANDRA_PASSWORD',
      'MILLRACE_KAFKA_SASL_PASSWORD',
      'MILLRACE_WEBHDFS_DELEGATION_TOKEN',
    ])
  })
})
