import { music } from '@millrace/domains/music/contract'
import type { LogCluster } from '../stores/log-cluster.ts'
import type { SmsProviderServer } from '../stores/sms-provider.ts'

const { smsRequests, smsReceipts } = music.topics

/** By event id: when it was stored first. */
function storedMsById(cluster: LogCluster, topic: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { stored } of cluster.partitionsOf(topic))
    for (const { record, storedMs } of stored) {
      const { eventId } = JSON.parse(record.value.toString()) as { readonly eventId: string }
      found.set(eventId, Math.min(storedMs, found.get(eventId) ?? storedMs))
    }
  return found
}

/** Every message that was asked for has reached the provider, no other has, and none again whose receipt a process could have read when it began. */
export function judgeMessages(cluster: LogCluster, provider: SmsProviderServer): string[] {
  const requests = storedMsById(cluster, smsRequests.name)
  const receipts = storedMsById(cluster, smsReceipts.name)
  const faults: string[] = []
  for (const id of requests.keys()) if (!provider.taken.has(id)) faults.push(`the message ${id} was not sent`)
  for (const [id, attempts] of provider.taken) {
    if (!requests.has(id)) faults.push(`the message ${id} was sent, and nobody asked for it`)
    const receivedMs = receipts.get(id) ?? Number.POSITIVE_INFINITY
    if (attempts.some(({ senderStartedMs }) => senderStartedMs > receivedMs))
      faults.push(`the message ${id} was sent again, by a process that could read its receipt`)
  }
  return faults
}
