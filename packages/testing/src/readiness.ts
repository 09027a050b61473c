import { pingCql } from './cql-ping.ts'
import { fetchKafkaMetadata, type KafkaMetadata } from './kafka-metadata.ts'
import { addressOf, HOST, type ServerPlan } from './server-plan.ts'

const TRY_TIMEOUT_MS = 3000

/** Throws, saying what is missing, unless the server does its work: asked over the network, as a client would. */
export async function checkReady(plan: ServerPlan, plans: readonly ServerPlan[]): Promise<void> {
  switch (plan.kind) {
    case 'kafka':
      return requireInSync(plan.index, await fetchKafkaMetadata(HOST, plan.ports.client!, TRY_TIMEOUT_MS))
    case 'cassandra':
      return pingCql(HOST, plan.ports.cql!, TRY_TIMEOUT_MS)
    case 'namenode':
      return requireNameNode(plan)
    case 'datanode':
      return requireDataNode(plan, plans.find(other => other.kind === 'namenode')!)
  }
}

function requireInSync(id: number, { brokers, partitions }: KafkaMetadata): void {
  if (!brokers.includes(id)) throw new Error(`broker ${id} is not registered yet`)
  const behind = partitions.filter(({ replicas, inSync }) => replicas.includes(id) && !inSync.includes(id))
  if (behind.length > 0) throw new Error(`broker ${id} is not in sync yet in ${behind.length} partitions`)
}

async function requireNameNode(plan: ServerPlan): Promise<void> {
  const bean = await fetchBean(addressOf(plan), 'qry', 'Hadoop:service=NameNode,name=FSNamesystemState')
  if (bean.FSState !== 'Operational') throw new Error(`the NameNode is in state ${bean.FSState}`)
}

async function requireDataNode(plan: ServerPlan, nameNode: ServerPlan): Promise<void> {
  // Its own view first: after a kill the NameNode lists the earlier process for a while.
  // This one attribute only: others make an unregistered DataNode log a stack trace each time.
  const own = await fetchBean(addressOf(plan), 'get', 'Hadoop:service=DataNode,name=DataNodeInfo::BPServiceActorInfo')
  const [actor] = JSON.parse(String(own.BPServiceActorInfo)) as { ActorState?: string }[]
  if (actor?.ActorState !== 'RUNNING')
    throw new Error(`the DataNode is in state ${actor?.ActorState ?? 'unregistered'}`)
  const names = await fetchBean(addressOf(nameNode), 'qry', 'Hadoop:service=NameNode,name=NameNodeInfo')
  const live = Object.values(JSON.parse(String(names.LiveNodes)) as Record<string, { infoAddr: string }>)
  if (!live.some(({ infoAddr }) => infoAddr.endsWith(`:${plan.ports.http}`)))
    throw new Error('the NameNode does not list the DataNode as live')
}

async function fetchBean(address: string, how: 'get' | 'qry', name: string): Promise<Record<string, unknown>> {
  const response = await fetch(`http://${address}/jmx?${how}=${encodeURIComponent(name)}`, {
    signal: AbortSignal.timeout(TRY_TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`http://${address}/jmx answered ${response.status}`)
  const { beans } = (await response.json()) as { beans?: Record<string, unknown>[] }
  const bean = beans?.[0]
  if (!bean) throw new Error(`http://${address}/jmx has no ${name} yet`)
  return bean
}
