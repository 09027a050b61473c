import { loadBuiltInModel } from '@millrace/anomaly-scorer'
import type { Random } from '@millrace/simulation'
import type { Fault, FaultKind } from './fault-kinds.ts'
import { type Loop, type Owner, WORLD } from './loop.ts'
import type { Destination, Network, NetworkFaults } from './network.ts'
import { Pod, type Running, type Surroundings } from './pod.ts'
import type { LakeServer } from './stores/lake-server.ts'
import type { LogCluster } from './stores/log-cluster.ts'
import type { SmsProviderServer } from './stores/sms-provider.ts'

const MOST_RESTART_MS = 20_000
/** How likely a process ends before any of its steps. */
const CRASH_CHANCE = 0.005
const MOST_FAIL_OVER_MS = 45_000
const MOST_CLOCK_OFFSET_MS = 30_000
/** How much faster or slower a clock goes: a hundred times as bad as a bad one. */
const MOST_CLOCK_DRIFT = 0.01
/** How likely a process stands still before any of its steps, and for how long. */
const PAUSE_CHANCE = 0.01
const MOST_PAUSE_MS = 90_000
/** Of a service with several pods, how often a fault happens to one of them alone. */
const ALONE_SHARE = 0.8
const MOST_LISTING_LAG_MS = 10_000

/** What faults happen to. */
export interface FaultTargets {
  readonly loop: Loop
  readonly random: Random
  readonly network: Network
  readonly cluster: LogCluster
  readonly lakeServer: LakeServer
  readonly surroundings: Surroundings
  readonly pods: Pod[]
  readonly martAway: { isAway: boolean }
  readonly smsProvider: SmsProviderServer
}

const sessionMsOf = ({ surroundings }: FaultTargets): number => surroundings.runner.sessionTimeoutMs

/** Ends a pod's process, and starts it again a little later. */
export function crash(pod: Pod, targets: FaultTargets): void {
  const { loop, cluster, random } = targets
  const { running } = pod
  if (!running) return
  pod.kill()
  loop.after(sessionMsOf(targets), WORLD, 'session ends', () => cluster.expire(running.process))
  loop.after(random.int(500, MOST_RESTART_MS), WORLD, `starts ${pod.name}`, () => pod.start())
}

const BROKERS = [0, 1, 2]
const DESTINATIONS: readonly Destination[] = [
  'log',
  'log',
  'broker-0',
  'broker-1',
  'broker-2',
  'lake',
  'mart',
  'gateway',
]

type Inject = (fault: Fault, targets: FaultTargets, until: (undo: () => void) => void) => void

/** Stops processes as SIGTERM does, and starts them again, one after the other. */
async function roll(pods: readonly Pod[]): Promise<void> {
  for (const pod of pods) {
    await pod.stop()
    pod.start()
  }
}

/** A process stands still; its groups give it up when that takes longer than its session. */
function pause({ process }: Running, forMs: number, targets: FaultTargets): void {
  const { loop, cluster } = targets
  process.pause()
  loop.after(sessionMsOf(targets), WORLD, 'session ends', () => {
    if (process.isPaused) cluster.expire(process)
  })
  loop.after(forMs, WORLD, 'goes on', () => process.resume())
}

const podsOf = ({ service }: Fault, { pods }: FaultTargets): Pod[] => pods.filter(pod => pod.service === service)

/** The pods of a service that a fault happens to. */
function victimsOf(fault: Fault, targets: FaultTargets): Pod[] {
  const pods = podsOf(fault, targets)
  return pods.length > 1 && targets.random.chance(ALONE_SHARE) ? [targets.random.pick(pods)] : pods
}

const injections: Readonly<Record<FaultKind, Inject>> = {
  crash(fault, targets) {
    for (const pod of victimsOf(fault, targets)) crash(pod, targets)
  },
  'crash-anywhere'(fault, targets, until) {
    const { loop, random } = targets
    const mayHappen = (owner: Owner): void => {
      const pod = podsOf(fault, targets).find(({ running }) => running?.process === owner)
      if (pod && random.chance(CRASH_CHANCE)) crash(pod, targets)
    }
    loop.beforeStep.add(mayHappen)
    until(() => loop.beforeStep.delete(mayHappen))
  },
  pause(fault, targets) {
    for (const { running } of victimsOf(fault, targets)) if (running) pause(running, fault.forMs, targets)
  },
  'pause-anywhere'(fault, targets, until) {
    const { loop, random } = targets
    const mayHappen = (owner: Owner): void => {
      const running = podsOf(fault, targets).find(pod => pod.running?.process === owner)?.running
      if (running && !running.process.isPaused && random.chance(PAUSE_CHANCE))
        pause(running, random.int(1, MOST_PAUSE_MS), targets)
    }
    loop.beforeStep.add(mayHappen)
    until(() => loop.beforeStep.delete(mayHappen))
  },
  clock(fault, targets) {
    const { random } = targets
    for (const { running } of victimsOf(fault, targets))
      running?.process.setClock({
        aheadMs: Math.round((2 * fault.strength - 1) * MOST_CLOCK_OFFSET_MS),
        rate: 1 + (2 * random.float() - 1) * MOST_CLOCK_DRIFT,
      })
  },
  roll(fault, targets) {
    void roll(podsOf(fault, targets))
  },
  'other-model'(fault, targets, until) {
    const { scorerModel } = targets.surroundings
    const scorers = (): Pod[] => podsOf({ ...fault, service: 'anomaly-scorer' }, targets)
    const before = scorerModel.current
    scorerModel.current = loadBuiltInModel('time-aware-rule-1')
    void roll(scorers())
    until(() => {
      scorerModel.current = before
      void roll(scorers())
    })
  },
  scale(fault, { pods, surroundings }, until) {
    const pod = new Pod(fault.service, pods.length, surroundings)
    pods.push(pod)
    pod.start()
    until(() => {
      pods.splice(pods.indexOf(pod), 1)
      void pod.stop()
    })
  },
  'broker-away'(fault, { cluster, loop, random }, until) {
    const broker = BROKERS[Math.floor(fault.strength * BROKERS.length)]!
    cluster.setAway([broker], true)
    loop.after(random.int(1_000, MOST_FAIL_OVER_MS), WORLD, 'fails over', () => cluster.failOver(broker))
    until(() => cluster.setAway([broker], false))
  },
  'log-away'(_, { cluster }, until) {
    cluster.setAway(BROKERS, true)
    until(() => cluster.setAway(BROKERS, false))
  },
  'cut-off'(fault, targets, until) {
    const { network, loop, cluster, random } = targets
    const to = random.pick(DESTINATIONS)
    const cut = fault.strength < 0.5 ? 'answers' : 'requests'
    for (const pod of victimsOf(fault, targets)) {
      network.cut(pod.name, to, cut)
      until(() => network.cut(pod.name, to, null))
      loop.after(sessionMsOf(targets), WORLD, 'session ends', () => {
        const { running } = pod
        if (running && network.cutOf(running.process, 'log')) cluster.expire(running.process)
      })
    }
  },
  retention(_, { cluster, surroundings }) {
    for (const { name, cleanup } of surroundings.catalog.routes.values())
      if (cleanup === 'delete') cluster.removeFinished(name)
  },
  'lake-away'(_, { lakeServer }, until) {
    lakeServer.isUp = false
    until(() => {
      lakeServer.isUp = true
    })
  },
  'mart-away'(_, { martAway }, until) {
    martAway.isAway = true
    until(() => {
      martAway.isAway = false
    })
  },
  'sms-away'({ strength }, { smsProvider }, until) {
    smsProvider.isUp = strength < 0.5
    smsProvider.isBusy = true
    until(() => {
      smsProvider.isUp = true
      smsProvider.isBusy = false
    })
  },
  'lost-answers': rated('lostAnswers'),
  'late-requests': rated('lateRequests'),
  'repeated-requests': rated('repeatedRequests'),
  'refused-offsets': rated('refusedOffsets'),
  'slow-network'(fault, { network }, until) {
    network.faults.mostMs = Math.round(10 + fault.strength * 2_000)
    until(() => {
      network.faults.mostMs = 4
    })
  },
  'listing-lag'(fault, { lakeServer }, until) {
    lakeServer.listingLagMs = fault.strength * MOST_LISTING_LAG_MS
    until(() => {
      lakeServer.listingLagMs = 0
    })
  },
  'vanished-claims'(_, { lakeServer }) {
    // A claimed data file that is lost stops its archiver, on purpose: nobody else has it.
    for (const path of lakeServer.files) if (path.includes('/_tmp/') && path.endsWith('.json')) lakeServer.lose(path)
  },
  // A matter of the generators.
  'faulty-events'() {},
}

function rated(fault: Exclude<keyof NetworkFaults, 'mostMs'>): Inject {
  return ({ strength }, { network }, until) => {
    network.faults[fault] = 0.02 + 0.6 * strength ** 2
    until(() => {
      network.faults[fault] = 0
    })
  }
}

/** Lets a fault happen at its time, and ends it at its. */
export function schedule(fault: Fault, targets: FaultTargets): void {
  const { loop } = targets
  loop.after(fault.atMs, WORLD, fault.kind, () =>
    injections[fault.kind](fault, targets, undo => loop.after(fault.forMs, WORLD, `${fault.kind} ends`, undo)),
  )
}
