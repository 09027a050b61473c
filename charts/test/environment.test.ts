import { envVariables, serviceEnvs } from '@millrace/all-in-one/reference'
import { simulations } from '@millrace/domains/simulation'
import { loadReconcilerConfig } from '@millrace/reconciler/config'
import { loadConfig } from '@millrace/runtime'
import { loadGeneratorConfig } from '@millrace/simulation'
import { expect, it } from 'vitest'
import {
  chart,
  containersOf,
  describeWithHelm,
  externalValues,
  HelmError,
  helm,
  preset,
  render,
  workloads,
} from './helm.ts'

/** Everything that makes the chart set one more variable. */
const allAtOnce = [
  ...externalValues,
  ...[
    'kafka.external.saslMechanism=plain',
    'hadoop.external.delegationToken=true',
    'cassandra.external.login=true',
    'services.generator.job.enabled=true',
    `domains={${[...simulations.keys()].join(',')}}`,
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

/** Reads the environment as the process does. */
function load(service: string, variables: Readonly<Record<string, string>>): unknown {
  const simulation = simulations.get(service.replace(/-generator$/, ''))
  if (simulation && service.endsWith('-generator')) return loadGeneratorConfig(simulation, variables)
  if (service === 'reconciler') return loadReconcilerConfig(variables)
  return loadConfig(variables, serviceEnvs[service]!)
}

describeWithHelm('environment names', () => {
  it.each([
    ['bundled stores', []],
    ['external stores with everything', allAtOnce],
    [
      'more of everything',
      ['--set', 'services.ingest-gateway.replicas=3,kafka.replicas=3,services.generator.job.enabled=true'],
    ],
    ['the preset for a laptop', ['-f', preset('laptop')]],
  ])('that the chart sets are known to the service, and their values are understood: %s', async (_name, args) => {
    const seen = new Set<string>()
    for (const [object, pod] of workloads(await render(...args)))
      for (const { image, env = [], name } of containersOf(pod)) {
        const service = /(?:^|\/)millrace\/([a-z-]+):/.exec(image)?.[1]
        if (service === undefined) continue
        const variables = Object.fromEntries(env.map(variable => [variable.name, variable.value ?? 'from-a-secret']))
        expect(() => load(service, variables), `${object.metadata.name} ${name}`).not.toThrow()
        expect(() => load(service, { ...variables, MILLRACE_NO_SUCH: 'x' })).toThrow('MILLRACE_NO_SUCH')
        seen.add(service)
      }
    expect([...seen].sort()).toEqual(expect.arrayContaining(['curator', 'ingest-gateway', 'provisioner', 'reconciler']))
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
      'MILLRACE_SMS_TOKEN',
      'MILLRACE_WEBHDFS_DELEGATION_TOKEN',
    ])
  })
})
