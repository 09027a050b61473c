import { pingCql } from './cql-ping.ts'
import { fetchKafkaMetadata, type KafkaMetadata } from './kafka-metadata.ts'
import { addressOf, CASSANDRA_LOGIN, HDFS_USER, HOST, type ServerPlan } from './server-plan.ts'

/** Long enough for a server of a machine that is very busy. */
const TRY_TIMEOUT_MS = 10_000

/** Throws, saying what is missing, unless the server does its work: asked over the network, as a client would. */
export async function checkReady(plan: ServerPlan, plans: readonly ServerPlan[]): Promise<void> {
  switch (plan.kind) {
    case 'kafka':
      return requireInSync(plan.index, await fetchKafkaMetadata(HOST, plan.ports.client!, TRY_TIMEOUT_MS))
    case 'cassandra':
      return pingCql(HOST, plan.ports.cql!, {
        timeoutMs: TRY_TIMEOUT_MS,
        ...(plan.asksForLogin ? { login: CASSANDRA_LOGIN } : {}),
      })
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
  // Before it serves clients it says of its state that it is operational, and goes into safe mode only then.
  await fetchOk(`http://${addressOf(plan)}/webhdfs/v1/?op=GETFILESTATUS&user.name=${HDFS_USER}`)
  const bean = await fetchBean(addressOf(plan), 'Hadoop:service=NameNode,name=FSNamesystemState')
  if (bean.FSState !== 'Operational') throw new Error(`the NameNode is in state ${bean.FSState}`)
}

async function requireDataNode(plan: ServerPlan, nameNode: ServerPlan): Promise<void> {
  // Its own word first: after a kill the NameNode lists the earlier process for a while, or has forgotten its blocks.
  const own = await fetchBean(addressOf(plan), 'Hadoop:service=DataNode,name=DataNodeActivity*')
  if (!(Number(own.BlockReportsNumOps) > 0)) throw new Error('the DataNode has not reported its blocks yet')
  const names = await fetchBean(addressOf(nameNode), 'Hadoop:service=NameNode,name=NameNodeInfo')
  const live = Object.values(JSON.parse(String(names.LiveNodes)) as Record<string, { infoAddr: string }>)
  if (!live.some(({ infoAddr }) => infoAddr.endsWith(`:${plan.ports.http}`)))
    throw new Error('the NameNode does not list the DataNode as live')
}

async function fetchBean(address: string, name: string): Promise<Record<string, unknown>> {
  const { beans } = (await fetchOk(`http://${address}/jmx?qry=${encodeURIComponent(name)}`)) as {
    beans?: Record<string, unknown>[]
  }
  const bean = beans?.[0]
  if (!bean) throw new Error(`http://${address}/jmx has no ${name} yet`)
  return bean
}

async function fetchOk(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TRY_TIMEOUT_MS) })
  if (response.ok) return response.json()
  await response.body?.cancel()
  throw new Error(`${url} answered ${response.status}`)
}
