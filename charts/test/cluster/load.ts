import type { ReconcileReport } from '@millrace/reconciler'
import { waitUntil } from '@millrace/testing'
import { parse } from 'yaml'
import { generators } from '../domains.ts'
import type { Container, KubeObject, PodSpec } from '../helm.ts'
import type { Namespace } from './cluster.ts'

const LEDGER = 'load-ledger'
/** The domain whose events are sent. */
export const LOAD_DOMAIN = generators[0]!.replace(/-generator$/, '')
const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: LEDGER },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
}
/** Two hundred events a second: thirty times what a hundred players do. */
const sending = {
  MILLRACE_START: '2024-03-24T00:00:00.000Z',
  MILLRACE_DURATION: 'forever',
  MILLRACE_SPEED: '30',
  MILLRACE_SEED: '7',
}

/**
 * Events that are sent from inside the cluster for as long as wanted, with a ledger of what the gateway has acknowledged, on a
 * volume that outlives release and pods. Pods are made from the one that `helm test` runs, so that they are as closed as that.
 */
export class Load {
  readonly #namespace: Namespace
  readonly #release: string
  #proofs = 0

  constructor(namespace: Namespace, release: string) {
    this.#namespace = namespace
    this.#release = release
  }

  async start(): Promise<void> {
    await this.#namespace.apply(claim, await this.#pod('load', `send-${LOAD_DOMAIN}`, sending))
    await this.flows()
  }

  /** Waits until the gateway has acknowledged more than before. */
  async flows(deadlineMs = 300_000): Promise<void> {
    const before = await this.#acknowledged().catch(() => 0)
    await waitUntil(async () => (await this.#acknowledged()) >= before + 500, {
      deadlineMs,
      intervalMs: 1000,
      what: `the gateway to acknowledge 500 events more than ${before}`,
    })
  }

  /** Ends the sender as Ctrl-C does. */
  async stop(): Promise<void> {
    await this.#namespace.kubectl('delete', 'pod', 'load', '--timeout=120s')
  }

  /** Compares the ledger with Kafka, lake and mart. @throws ToolError when something is missing or double */
  async prove(): Promise<ReconcileReport> {
    const name = `prove-${++this.#proofs}`
    const env = { MILLRACE_REPORT: 'json', MILLRACE_DEADLINE: '15m' }
    await this.#namespace.apply(await this.#pod(name, 'reconcile', env))
    await this.#namespace.ended(name, 1_200_000)
    const said = await this.#namespace.kubectl('logs', name)
    return JSON.parse(said.split('\n').findLast(line => line.includes('"digest"')) ?? 'null')
  }

  async #acknowledged(): Promise<number> {
    const metrics = await this.#namespace.admin('load', 'metrics')
    const name = `millrace_${LOAD_DOMAIN.replaceAll('-', '_')}_generator_records_out_total`
    const [, count] = new RegExp(`^${name}\\{[^}]*topic="${LOAD_DOMAIN}\\.raw"[^}]*\\} (\\d+)`, 'm').exec(metrics) ?? []
    return Number(count ?? 0)
  }

  /** The pod of `helm test` with one of its containers alone. */
  async #pod(name: string, container: string, env: Readonly<Record<string, string>>): Promise<object> {
    const { apiVersion, kind, metadata, spec } = parse(
      await this.#namespace.helm('get', 'hooks', this.#release),
    ) as KubeObject
    const pod = spec as unknown as PodSpec
    const found = [...(pod.initContainers ?? []), ...pod.containers].find(({ name }) => name === container)!
    const volumes = pod.volumes!.map(volume =>
      volume.name === 'ledger' ? { name: 'ledger', persistentVolumeClaim: { claimName: LEDGER } } : volume,
    )
    return {
      apiVersion,
      kind,
      metadata: { name, labels: metadata.labels },
      spec: { ...pod, initContainers: [], containers: [withEnv(found, env)], volumes },
    }
  }
}

function withEnv(container: Container, env: Readonly<Record<string, string>>): Container {
  const kept = (container.env ?? []).filter(({ name }) => env[name] === undefined)
  return { ...container, env: [...kept, ...Object.entries(env).map(([name, value]) => ({ name, value }))] }
}
