import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { waitUntil } from '@millrace/testing'
import { capture, ToolError } from '../../../docker/tools.ts'

export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly labels: Readonly<Record<string, string>>
  }
  readonly spec: {
    readonly nodeName?: string
    readonly restartPolicy: 'Always' | 'OnFailure' | 'Never'
    readonly containers: readonly {
      readonly env?: readonly { readonly name: string; readonly value?: string }[]
      readonly resources?: Readonly<Record<'requests' | 'limits', Readonly<Record<string, string>>>>
    }[]
  }
  readonly status: {
    readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly lastTransitionTime: string
    }[]
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly state: object }[]
  }
}

export const componentOf = (pod: Pod): string => pod.metadata.labels['app.kubernetes.io/component'] ?? pod.metadata.name

const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

/** One namespace of the cluster that KUBECONFIG names, and what helm and kubectl do in it. */
export class Namespace {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return capture('kubectl', ['--namespace', this.name, ...args])
  }

  helm(...args: readonly string[]): Promise<string> {
    return capture('helm', ['--namespace', this.name, ...args])
  }

  /** Makes the namespace, with the strictest Pod Security that Kubernetes knows. @throws ToolError when there is one already */
  async create(): Promise<void> {
    await this.kubectl('create', 'namespace', this.name)
    await this.kubectl('label', 'namespace', this.name, 'pod-security.kubernetes.io/enforce=restricted')
  }

  /** Deletes it with everything in it, and waits until it is gone. */
  async delete(): Promise<void> {
    await this.kubectl('delete', 'namespace', this.name, '--ignore-not-found', '--timeout=300s')
  }

  /** Applies objects, each as `kubectl apply` gets it. */
  async apply(...objects: readonly object[]): Promise<void> {
    const file = path.join(diagnosticsFolder(), `${this.name}.json`)
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
    await this.kubectl('apply', '--filename', file)
  }

  async pods(...selector: readonly string[]): Promise<readonly Pod[]> {
    const labels = selector.length === 0 ? [] : ['--selector', selector.join(',')]
    return JSON.parse(await this.kubectl('get', 'pods', '--output', 'json', ...labels)).items
  }

  /** Pods that stay, by component; those that are on their way out are left out. */
  async running(component?: string): Promise<readonly Pod[]> {
    const pods = await this.pods(...(component ? [`app.kubernetes.io/component=${component}`] : []))
    return pods.filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp && (status.phase === 'Running' || status.phase === 'Pending'),
    )
  }

  /** Waits until a component has this many pods and all are ready. */
  async ready(component: string, count: number, deadlineMs: number): Promise<void> {
    await waitUntil(
      async () => {
        const pods = await this.running(component)
        return pods.length === count && pods.every(isReady)
      },
      { deadlineMs, intervalMs: 1000, what: `${count} ready pods of ${component} in ${this.name}` },
    )
  }

  /** Deletes the pods of a component and waits until others are ready in their place. */
  async replace(component: string, deadlineMs: number): Promise<void> {
    const old = await this.running(component)
    if (old.length === 0) throw new ToolError(`There is no pod of ${component} to delete.`)
    await this.kubectl('delete', 'pod', '--wait=false', ...old.map(({ metadata }) => metadata.name))
    await waitUntil(
      async () => {
        const pods = await this.running(component)
        const isNew = pods.every(pod => !old.some(({ metadata }) => metadata.uid === pod.metadata.uid))
        return isNew && pods.length === old.length && pods.every(isReady)
      },
      { deadlineMs, intervalMs: 1000, what: `${old.length} ready pods in place of ${component} in ${this.name}` },
    )
  }

  /** Waits until no pod is left, but for those that have ended. */
  async empty(deadlineMs: number): Promise<void> {
    await waitUntil(
      async () => (await this.pods()).every(({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed'),
      { deadlineMs, intervalMs: 1000, what: `the pods in ${this.name} to end` },
    )
  }

  /** Waits until a pod has ended. @throws ToolError with the end of its log when it failed */
  async ended(pod: string, deadlineMs: number): Promise<void> {
    const phase = await waitUntil(
      async () => {
        const phase = await this.kubectl('get', 'pod', pod, '--output', 'jsonpath={.status.phase}')
        return phase === 'Succeeded' || phase === 'Failed' ? phase : null
      },
      { deadlineMs, intervalMs: 1000, what: `pod ${pod} to end` },
    )
    if (phase === 'Failed')
      throw new ToolError(`Pod ${pod} failed:\n${await this.kubectl('logs', pod, '--all-containers', '--tail=20')}`)
  }

  /** What a service's admin port says under a path, e.g. `metrics`; asked from inside its pod, where no network policy is in the way. */
  admin(pod: string, resource: string): Promise<string> {
    const ask = `fetch('http://127.0.0.1:9464/${resource}').then(async answer => process.stdout.write(await answer.text()))`
    return this.kubectl('exec', pod, '--', 'node', '--eval', ask)
  }

  /** Writes what somebody needs who looks for the cause of a failure; gives the folder. */
  async diagnose(): Promise<string> {
    const folder = path.join(diagnosticsFolder(), this.name)
    mkdirSync(folder, { recursive: true })
    const save = async (file: string, ...args: readonly string[]): Promise<void> =>
      writeFileSync(path.join(folder, file), await this.kubectl(...args).catch(String))
    await save('pods.txt', 'get', 'pods,pvc,jobs', '--output', 'wide')
    await save('events.txt', 'get', 'events', '--sort-by=.lastTimestamp')
    await save('describe.txt', 'describe', 'pods')
    for (const { metadata } of await this.pods().catch(() => [])) {
      await save(`${metadata.name}.log`, 'logs', metadata.name, '--all-containers', '--tail=2000')
      await save(`${metadata.name}.previous.log`, 'logs', metadata.name, '--all-containers', '--previous', '--tail=500')
    }
    return folder
  }
}

export function diagnosticsFolder(): string {
  const folder = path.resolve(import.meta.dirname, '../../../.millrace/cluster-test')
  mkdirSync(folder, { recursive: true })
  return folder
}
