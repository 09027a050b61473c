import { expect, it } from 'vitest'
import { sayAt } from './api-server.ts'
import { describeWithHelm, find, render } from './helm.ts'

const REFUSED = 'These values cannot work'

/** The release as it runs: what the chart renders for kafka and its volumes, as the API server would keep it. */
async function running(storage = '10Gi'): Promise<Record<string, object>> {
  const objects = await render()
  const set = structuredClone(find(objects, 'StatefulSet', 'demo-kafka'))
  const [claim] = set.spec.volumeClaimTemplates as [{ spec: { resources: { requests: { storage: string } } } }]
  claim.spec.resources.requests.storage = storage
  return {
    '/apis/apps/v1/namespaces/there/statefulsets/demo-kafka': set,
    '/api/v1/namespaces/there/configmaps/demo-kafka': find(objects, 'ConfigMap', 'demo-kafka'),
  }
}

describeWithHelm('values that an upgrade cannot change', () => {
  it.each([
    ['kafka.storage.size=20Gi', 'kafka.storage.size is "20Gi", but StatefulSet demo-kafka was made with "10Gi"'],
    ['kafka.storage.size=10G', 'kafka.storage.size is "10G"'],
    ['kafka.storage.className=fast', 'kafka.storage.className is "fast", but StatefulSet demo-kafka was made with ""'],
    ['kafka.replicas=3', 'kafka.replicas is 3, but this release runs 1'],
  ])('are refused by name: %s', async (set, message) => {
    const said = await sayAt(await running(), '--set', set)
    expect(said).toContain(REFUSED)
    expect(said).toContain(message)
  })

  it.each([
    ['another value', 'kafka.heap=600m', '10Gi'],
    ['a store that is not there yet', 'cassandra.storage.size=77Gi', '10Gi'],
    ['the same size in other words', 'kafka.storage.size=1024Mi', '1Gi'],
    ['the same size as a number', 'kafka.storage.size=1073741824', '1Gi'],
    ['a half', 'kafka.storage.size=0.5Gi', '512Mi'],
  ])('are not mistaken: %s', async (_name, set, storage) => {
    expect(await sayAt(await running(storage), '--set', set)).not.toContain(REFUSED)
  })
})
