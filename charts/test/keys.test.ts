import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { clientTopics, generators } from './domains.ts'
import { type Container, describeWithHelm, envOf, find, type KubeObject, podOf, render } from './helm.ts'

const podOfService = async (service: string, ...args: string[]) =>
  podOf(find(await render(...args), 'Deployment', `demo-${service}`))!
const container = async (service: string, ...args: string[]): Promise<Container> =>
  (await podOfService(service, ...args)).containers[0]!
const secret = (objects: readonly KubeObject[], name: string, key: string): string =>
  Buffer.from(find(objects, 'Secret', name).data![key]!, 'base64').toString()

describeWithHelm('API keys in the chart', () => {
  it('makes a key that the gateway knows and the generator uses', async () => {
    const objects = await render()
    const key = secret(objects, 'demo-generator-key', 'api-key')
    const [, id] = /^mr_([a-z0-9]{4,32})_[A-Za-z0-9_-]{43}$/.exec(key)!
    const { keys } = JSON.parse(secret(objects, 'demo-api-keys', 'keys.json'))
    expect(keys).toHaveLength(1)
    expect(keys[0]).toMatchObject({
      id,
      hash: `sha256:${createHash('sha256').update(key).digest('hex')}`,
      topics: clientTopics,
    })
    const pod = podOf(find(objects, 'Deployment', 'demo-ingest-gateway'))!
    expect(pod.volumes).toContainEqual({ name: 'keys', secret: { secretName: 'demo-api-keys' } })
    // A folder, for a file that is mounted by subPath never changes again.
    expect(pod.containers[0]!.volumeMounts).toContainEqual({
      name: 'keys',
      mountPath: '/etc/millrace/keys',
      readOnly: true,
    })
    expect(envOf(pod.containers[0]!).MILLRACE_KEYS_FILE).toBe('/etc/millrace/keys/keys.json')
    for (const generator of generators)
      expect((await container(generator)).env).toContainEqual({
        name: 'MILLRACE_API_KEY',
        valueFrom: { secretKeyRef: { name: 'demo-generator-key', key: 'api-key' } },
      })
  })

  it('uses the keys it is given and makes none', async () => {
    const args = [
      '--set',
      'services.ingest-gateway.keys.existingSecret=mine,services.generator.keys.existingSecret=ours',
    ]
    expect((await render(...args)).filter(({ kind }) => kind === 'Secret')).toEqual([])
    expect((await podOfService('ingest-gateway', ...args)).volumes).toContainEqual({
      name: 'keys',
      secret: { secretName: 'mine' },
    })
    expect((await container(generators[0]!, ...args)).env).toContainEqual({
      name: 'MILLRACE_API_KEY',
      valueFrom: { secretKeyRef: { name: 'ours', key: 'api-key' } },
    })
  })
})
