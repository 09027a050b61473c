import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

const run = promisify(execFile)
export const chart = fileURLToPath(new URL('../millrace', import.meta.url))
export const preset = (name: string): string => `${chart}/presets/${name}.yaml`

/** Values that `external` needs to be whole. */
export const externalValues = [
  '-f',
  preset('external'),
  '--set',
  'kafka.external.brokers=kafka-1:9092\\,kafka-2:9092',
  '--set',
  'hadoop.external.webhdfsUrls=http://namenode:9870',
  '--set',
  'cassandra.external.contactPoints=cassandra-1',
]

export interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly Variable[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> }
  readonly securityContext?: Record<string, unknown>
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
}

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string }
  readonly tcpSocket?: { readonly port: string }
  readonly periodSeconds?: number
  readonly failureThreshold?: number
}

export interface PodSpec {
  readonly [key: string]: unknown
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly securityContext?: Record<string, unknown>
  readonly terminationGracePeriodSeconds?: number
  readonly volumes?: readonly { readonly [key: string]: unknown; readonly name: string }[]
}

/** A Kubernetes object, as far as tests look into one. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Record<string, string>
    readonly annotations?: Record<string, string>
  }
  readonly data?: Record<string, string>
  /** Empty where the kind has none. */
  readonly spec: Readonly<Record<string, unknown>>
}

export class HelmError extends Error {
  override readonly name = 'HelmError'
}

/** Runs helm; throws HelmError with what it said. */
export async function helm(...args: readonly string[]): Promise<string> {
  try {
    return (await run('helm', args, { maxBuffer: 1 << 26 })).stdout
  } catch (error) {
    throw new HelmError(String((error as { stderr?: string }).stderr ?? error), { cause: error })
  }
}

const rendered = new Map<string, Promise<readonly KubeObject[]>>()

/** The objects that `helm template` makes, as release "demo" in namespace "there" unless `args` begins with another name. */
export function render(...args: readonly string[]): Promise<readonly KubeObject[]> {
  const [release, rest] = args[0]?.startsWith('-') === false ? [args[0], args.slice(1)] : ['demo', args]
  const key = JSON.stringify([release, ...rest])
  const known = rendered.get(key) ?? renderNow(release, rest)
  rendered.set(key, known)
  return known
}

/** The same, not from memory. */
export async function renderNow(release: string, args: readonly string[]): Promise<readonly KubeObject[]> {
  return parseObjects(await helm('template', release, chart, '--namespace', 'there', ...args))
}

/** The objects in what `helm template` prints. */
export function parseObjects(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).flatMap(document => {
    if ('empty' in document) return []
    const [problem] = document.errors
    if (problem) throw problem
    const object = document.toJS() as KubeObject | null
    return object ? [{ ...object, spec: object.spec ?? {} }] : []
  })
}

/** The one object of this kind and name. */
export function find(objects: readonly KubeObject[], kind: string, name: string): KubeObject {
  const found = objects.filter(object => object.kind === kind && object.metadata.name === name)
  if (found.length !== 1)
    throw new Error(
      `${found.length} objects are a ${kind} named ${name}; there are ${objects.map(o => `${o.kind}/${o.metadata.name}`).join(', ')}.`,
    )
  return found[0]!
}

/** The pod that an object makes, if it makes pods. */
export function podOf(object: KubeObject): PodSpec | null {
  if (object.kind === 'Pod') return object.spec as unknown as PodSpec
  const { template } = object.spec as { template?: { spec: PodSpec } }
  return template?.spec ?? null
}

/** Labels of the pods that an object makes. */
export function podLabels(object: KubeObject): Record<string, string> {
  if (object.kind === 'Pod') return object.metadata.labels
  return (object.spec as { template: { metadata: { labels: Record<string, string> } } }).template.metadata.labels
}

export const containersOf = (pod: PodSpec): readonly Container[] => [...(pod.initContainers ?? []), ...pod.containers]

/** Every object that makes pods, with them. */
export const workloads = (objects: readonly KubeObject[]): readonly (readonly [KubeObject, PodSpec])[] =>
  objects.flatMap(object => {
    const pod = podOf(object)
    return pod ? [[object, pod] as const] : []
  })

export const envOf = (container: Container): Record<string, string | undefined> =>
  Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]))

const isThere = spawnSync('helm', ['version']).status === 0

/** Tests that need helm: skipped with the reason where it is not in the PATH, and failed there when CI is true. */
export function describeWithHelm(name: string, tests: () => void): void {
  if (isThere) describe(name, tests)
  else if (process.env.CI === 'true')
    describe(name, () => {
      it('needs helm', () => expect.fail('helm is not in the PATH.'))
    })
  else describe.skip(`${name} (helm is not in the PATH)`, tests)
}
