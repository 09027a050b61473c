import { envVariables, serviceEnvs } from '@millrace/all-in-one/reference'
import { expect, it } from 'vitest'
import { containersOf, describeWithHelm, externalValues, HelmError, helm, chart, render, workloads } from './helm.ts'

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
const isRefused = (service: string, variable: string): Promise<boolean> =>
  helm('template', 'demo', chart, '--set', `services.${service}.env.${variable}=x`).then(
    () => false,
    error => error instanceof HelmError && error.message.includes(`additional properties '${variable}' not allowed`),
  )

describeWithHelm('environment names', () => {
  it.each([
    ['bundled stores', []],
    ['external stores with everything', allAtOnce],
    ['three gateways', ['--set', 'services.ingest-gateway.replicas=3,kafka.replicas=3,services.lol-generator.job.enabled=true']],
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
        for (const { name, value } of env)
          if (/PASSWORD|TOKEN|API_KEY/.test(name)) expect(value, name).toBeUndefined()
  })

  it('that a service knows may all be set, but secrets', async () => {
    const schema = JSON.parse(await helm('show', 'values', chart, '--jsonpath', '{.services}').catch(() => 'null'))
    expect(schema === null || typeof schema === 'object').toBe(true)
    for (const [service, shape] of Object.entries(serviceEnvs)) {
      const variables = envVariables(shape)
      expect(variables.length, service).toBeGreaterThan(5)
    }
    expect(await isRefused('curator', 'MILLRACE_KAFKA_SASL_PASSWORD')).toBe(true)
    expect(await isRefused('lol-generator', 'MILLRACE_API_KEY')).toBe(true)
    expect(await isRefused('curator', 'MILLRACE_KEYS_FILE')).toBe(true)
    expect(await isRefused('curator', 'MILLRACE_KAFKA_CLIENT_ID')).toBe(false)
  })
})
