import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { renderAt } from './api-server.ts'
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

describeWithHelm('an upgrade of generated keys', () => {
  const plain = `mr_0123456789_${'k'.repeat(43)}`
  const hash = `sha256:${createHash('sha256').update(plain).digest('hex')}`
  const generator = { id: '0123456789', name: 'generator', hash, topics: ['lol.raw'], quota: {}, corsOrigins: [] }
  const mobile = { id: 'abcdef0123', name: 'mobile', hash: 'sha256:0', topics: ['lol.raw'], quota: {}, corsOrigins: [] }
  /** A Secret of the release, by its path in the cluster. */
  const secretOf = (name: string, key: string, value: string) => ({
    [`/api/v1/namespaces/there/secrets/${name}`]: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace: 'there',
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': 'demo', 'meta.helm.sh/release-namespace': 'there' },
      },
      data: { [key]: Buffer.from(value).toString('base64') },
    },
  })
  const plainSecret = secretOf('demo-generator-key', 'api-key', plain)
  const fileSecret = (text: string) => secretOf('demo-api-keys', 'keys.json', text)

  /** The key file after an upgrade of a release that has these Secrets, and the plain key. */
  async function upgrade(secrets: Readonly<Record<string, object>>): Promise<{ file: string; key: string }> {
    const objects = await renderAt(secrets)
    return {
      file: secret(objects, 'demo-api-keys', 'keys.json'),
      key: secret(objects, 'demo-generator-key', 'api-key'),
    }
  }

  it('gives the key of the generators the topics that it lacks, and changes nothing else', async () => {
    const own = { ...generator, topics: ['own.raw', 'lol.raw'], quota: { recordsPerSecond: 20_000_000 } }
    const { file, key } = await upgrade({ ...plainSecret, ...fileSecret(JSON.stringify({ keys: [mobile, own] })) })
    expect(key).toBe(plain)
    expect(JSON.parse(file)).toEqual({ keys: [mobile, { ...own, topics: ['own.raw', ...clientTopics] }] })
  })

  it.each([
    ['that lacks nothing', [{ ...generator, topics: clientTopics.toReversed() }, mobile]],
    ['where the key of the generators was revoked', [{ ...generator, revokedAt: '2026-01-01T00:00:00.000Z' }, mobile]],
    ['where it was taken out', [mobile]],
    ['without any key', []],
  ])('leaves a file %s', async (_, keys) => {
    const text = `${JSON.stringify({ keys })}\n`
    expect(await upgrade({ ...plainSecret, ...fileSecret(text) })).toEqual({ file: text, key: plain })
  })

  it('leaves a file that is damaged', async () => {
    expect((await upgrade({ ...plainSecret, ...fileSecret('{"keys": [') })).file).toBe('{"keys": [')
  })

  it('makes a file for the key where the file is gone', async () => {
    const { file, key } = await upgrade(plainSecret)
    expect(key).toBe(plain)
    expect(JSON.parse(file).keys).toMatchObject([{ id: generator.id, hash, topics: clientTopics }])
  })

  it('makes a new key where the plain key is gone, beside those in the file', async () => {
    const { file, key } = await upgrade(fileSecret(JSON.stringify({ keys: [mobile] })))
    expect(key).not.toBe(plain)
    expect(JSON.parse(file).keys).toMatchObject([mobile, { id: key.split('_')[1], topics: clientTopics }])
  })
})
