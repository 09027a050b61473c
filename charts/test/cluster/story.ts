import { ok, deepEqual as same } from 'node:assert/strict'
import { waitUntil } from '@millrace/testing'
import { imageServices } from '../../../docker/services.ts'
import { ToolError } from '../../../docker/tools.ts'
import { chart, preset } from '../helm.ts'
import { Namespace } from './cluster.ts'
import { LOAD_DOMAIN, Load } from './load.ts'
import { Sizing } from './sizing.ts'

export interface StoryOptions {
  readonly namespace: string
  /** Values for this cluster, e.g. where images are. */
  readonly values: readonly string[]
}

export interface Step {
  readonly name: string
  readonly run: () => Promise<void>
}

const RELEASE = 'millrace'
const MINUTE = 60_000
/** What the provisioner does are Jobs. */
const SERVICES = imageServices().filter(service => service !== 'provisioner')
const STORES = ['kafka', 'namenode', 'datanode', 'cassandra']
const servicesOff = [...SERVICES.map(service => `services.${service}.enabled=false`), 'networkPolicy.enabled=false']

/** What happens to a release in its life, in order; each step begins where the one before ended. */
export function story({ namespace, values }: StoryOptions): {
  readonly spaces: readonly Namespace[]
  readonly steps: readonly Step[]
} {
  const space = new Namespace(namespace)
  const outside = new Namespace(`${namespace}-external`)
  const load = new Load(space, RELEASE)
  const sizing = new Sizing(space)
  const files = (name: string): string[] => [preset(name), ...values].flatMap(file => ['--values', file])
  const set = (sets: readonly string[]): string[] => sets.flatMap(value => ['--set', value])
  const install = (...sets: readonly string[]): Promise<string> =>
    space.helm('install', RELEASE, chart, ...files('laptop'), ...set(sets), '--wait', '--timeout', '15m')
  const upgrade = (...args: readonly string[]): Promise<string> =>
    space.helm('upgrade', RELEASE, chart, ...files('laptop'), '--wait', '--timeout', '15m', ...args)
  const identities = async (): Promise<string[]> => (await space.pods()).map(({ metadata }) => metadata.uid).sort()
  let accepted = 0

  /** What the bundled Prometheus answers. */
  async function query(promql: string): Promise<readonly { readonly value: readonly [number, string] }[]> {
    const ask = ['promtool', 'query', 'instant', '--format', 'json', 'http://127.0.0.1:9090', promql]
    return JSON.parse(await space.kubectl('exec', `${RELEASE}-prometheus-0`, '--', ...ask))
  }

  async function history(): Promise<readonly { revision: number; status: string; description: string }[]> {
    return JSON.parse(await space.helm('history', RELEASE, '--output', 'json'))
  }

  /** With what a service's pods run. */
  async function drainDelays(service: string): Promise<readonly (string | undefined)[]> {
    const containers = (await space.running(service)).flatMap(({ spec }) => spec.containers)
    return containers.map(({ env }) => env?.find(({ name }) => name === 'MILLRACE_DRAIN_DELAY')?.value)
  }

  const under = (component: string): Step => ({
    name: `goes on when the pod of ${component} is deleted under load`,
    run: async () => {
      await space.replace(component, 5 * MINUTE)
      await load.flows()
      await sizing.noteMemory()
    },
  })

  const steps: Step[] = [
    {
      name: 'installs the preset laptop under the strictest Pod Security, and waits until all is ready',
      run: async () => {
        await space.create()
        await install()
        await sizing.notePods()
        ok(sizing.requests < 6 * 1024, `The pods request ${sizing.requests} MiB; 6 GiB is the most.`)
      },
    },
    {
      name: 'changes nothing when the same is installed again',
      run: async () => {
        const before = await identities()
        await upgrade()
        same(await identities(), before)
      },
    },
    {
      name: 'proves by helm test that events from inside the cluster arrive in Kafka, lake and mart',
      run: async () => void (await space.helm('test', RELEASE, '--logs', '--timeout', '20m')),
    },
    {
      name: 'shows every service to its Prometheus',
      run: async () => {
        await waitUntil(async () => (await query('up == 1')).length >= SERVICES.length, {
          deadlineMs: 3 * MINUTE,
          intervalMs: 2000,
          what: `${SERVICES.length} targets that are up`,
        })
      },
    },
    { name: 'takes events under load', run: () => load.start() },
    {
      name: 'splits the partitions between two scorers',
      run: async () => {
        await upgrade('--set', 'services.anomaly-scorer.replicas=2')
        const pods = await space.running('anomaly-scorer')
        same(pods.length, 2)
        for (const { metadata } of pods)
          await waitUntil(
            async () => /_records_in_total\{[^}]*\} [1-9]/.test(await space.admin(metadata.name, 'metrics')),
            {
              deadlineMs: 3 * MINUTE,
              intervalMs: 2000,
              what: `${metadata.name} to read records`,
            },
          )
      },
    },
    ...[...STORES, ...SERVICES].map(under),
    {
      name: 'upgrades with a changed value under load',
      run: async () => {
        await upgrade('--set', 'serviceDefaults.drainDelay=3s')
        await load.flows()
        for (const service of SERVICES) same(await drainDelays(service), ['3s'])
      },
    },
    {
      name: 'takes an upgrade back that cannot work, and goes on meanwhile',
      run: async () => {
        const failing = upgrade('--set', 'image.tag=none-such', '--rollback-on-failure', '--timeout', '90s')
        await Promise.all([
          failing.then(
            () => Promise.reject(new ToolError('An upgrade to images that do not exist went well.')),
            () => undefined,
          ),
          load.flows(),
        ])
        for (const service of SERVICES) await space.ready(service, 1, 3 * MINUTE)
        const [failed, current] = (await history()).slice(-2)
        same([failed?.status, current?.status], ['failed', 'deployed'])
        same(current?.description, `Rollback to ${failed!.revision - 1}`)
      },
    },
    {
      name: 'rolls back under load',
      run: async () => {
        await space.helm('rollback', RELEASE, '1', '--wait', '--timeout', '10m')
        await load.flows()
        for (const service of SERVICES) {
          await space.ready(service, 1, 3 * MINUTE)
          ok(!(await drainDelays(service)).includes('3s'), `${service} still runs with the value of the upgrade.`)
        }
        await sizing.noteMemory()
      },
    },
    {
      name: 'has everything that was acknowledged, once, in Kafka, lake and mart',
      run: async () => {
        await load.stop()
        const { topics } = await load.prove()
        accepted = topics[`${LOAD_DOMAIN}.raw`]?.accepted ?? 0
        ok(accepted > 50_000, `Only ${accepted} events were acknowledged under load.`)
        sizing.write()
      },
    },
    {
      name: 'sees no difference in its metrics either',
      run: async () => {
        const wrong = 'sum(millrace_reconciler_difference_records)'
        await waitUntil(async () => (await query(wrong))[0]?.value[1] === '0', {
          deadlineMs: 20 * MINUTE,
          intervalMs: 5000,
          what: 'the reconciler to publish that nothing is missing or double',
        })
      },
    },
    {
      name: 'is uninstalled, and leaves its volumes',
      run: async () => {
        const volumes = async (): Promise<number> =>
          (await space.kubectl('get', 'pvc', '--output', 'name')).split('\n').length
        const before = await volumes()
        await space.helm('uninstall', RELEASE, '--wait', '--timeout', '5m')
        await space.empty(5 * MINUTE)
        same(await volumes(), before)
      },
    },
    {
      name: 'is installed again on the same volumes, and still has everything',
      run: async () => {
        await install()
        const { topics } = await load.prove()
        same(topics[`${LOAD_DOMAIN}.raw`]?.accepted, accepted)
      },
    },
    {
      name: 'pauses its generator, and runs it as a Job that proves its own events',
      run: async () => {
        await upgrade(...set(['services.generator.paused=true', 'services.generator.job.enabled=true']))
        same(await space.running(`${LOAD_DOMAIN}-generator`), [])
        const job = ['job', '--selector', 'app.kubernetes.io/component=generator-job']
        await space.kubectl('wait', ...job, '--for=condition=complete', '--timeout=20m')
      },
    },
    {
      name: 'hands its stores to services of another namespace (preset external)',
      run: async () => {
        await upgrade(...set(servicesOff))
        for (const service of SERVICES)
          await waitUntil(async () => (await space.running(service)).length === 0, {
            deadlineMs: 3 * MINUTE,
            what: `no ${service}`,
          })
        await outside.create()
        const address = (component: string, port: number): string => `${RELEASE}-${component}.${namespace}.svc:${port}`
        await outside.helm(
          'install',
          RELEASE,
          chart,
          ...files('external'),
          ...set([
            `kafka.external.brokers=${address('kafka', 9092)}`,
            `hadoop.external.webhdfsUrls=http://${address('namenode', 9870)}`,
            `cassandra.external.contactPoints=${RELEASE}-cassandra.${namespace}.svc`,
          ]),
          '--wait',
          '--timeout',
          '10m',
        )
        await outside.helm('test', RELEASE, '--logs', '--timeout', '20m')
      },
    },
  ]
  return { spaces: [space, outside], steps }
}
