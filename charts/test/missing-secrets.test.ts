import { expect, it } from 'vitest'
import { sayAt } from './api-server.ts'
import { describeWithHelm, preset } from './helm.ts'

const named = [
  'kafka.external.brokers=k:1,kafka.external.saslMechanism=plain,kafka.external.existingSecret=kafka-login',
  'hadoop.external.webhdfsUrls=http://n:1',
  'cassandra.external.contactPoints=c',
  'services.ingest-gateway.keys.existingSecret=keys',
].join(',')

const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, metadata: { name } })
const anyCluster = { '/api/v1/namespaces/default': object('Namespace', 'default') }
const inNamespace = {
  '/api/v1/namespaces/there/configmaps/kube-root-ca.crt': object('ConfigMap', 'kube-root-ca.crt'),
}

const say = (objects: Readonly<Record<string, object>>) => sayAt(objects, '-f', preset('external'), '--set', named)

describeWithHelm('Secrets that values name', () => {
  it('are looked for in the namespace, and all that are missing are named', async () => {
    const message = await say({ ...anyCluster, ...inNamespace })
    expect(message).toContain(
      'kafka.external.existingSecret names the Secret "kafka-login", which namespace "there" does not have',
    )
    expect(message).toContain('services.ingest-gateway.keys.existingSecret names the Secret "keys"')
  })

  it('are missed too where the namespace is not made yet', async () => {
    expect(await say(anyCluster)).toContain('names the Secret "keys", which namespace "there" does not have')
  })

  it('are not named where they are', async () => {
    const login = { '/api/v1/namespaces/there/secrets/kafka-login': object('Secret', 'kafka-login') }
    const message = await say({ ...anyCluster, ...inNamespace, ...login })
    expect(message).toContain('"keys"')
    expect(message).not.toContain('"kafka-login"')
  })

  it('are looked for without rights beyond the namespace', async () => {
    expect(await say(inNamespace)).toContain('"keys"')
  })
})
