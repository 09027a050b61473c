import { ClientError } from '../kafka-errors.ts'
import { clientError } from './client-errors.ts'
import type { Cluster } from './cluster.ts'
import { type PartitionBatch, produceBatches } from './record-requests.ts'

/** Brokers refuse requests of 100 MiB. */
const MOST_BYTES = 16 << 20

interface Waiting extends PartitionBatch {
  readonly stored: (offset: number) => void
  readonly failed: (error: unknown) => void
}

/**
 * Sends batches of one broker that come in the same turn in one request: requests are what a broker spends its time on. Each batch
 * is stored or fails for itself, and is answered for itself.
 */
export class ProduceRequests {
  readonly #cluster: Pick<Cluster, 'ask'>
  readonly #timeoutMs: number
  readonly #waiting = new Map<number, Waiting[]>()

  constructor(cluster: Pick<Cluster, 'ask'>, timeoutMs: number) {
    this.#cluster = cluster
    this.#timeoutMs = timeoutMs
  }

  /**
   * Stores a batch; there must be no other of the same partition under way.
   * @returns the offset of its first record
   */
  store(leader: number, batch: PartitionBatch): Promise<number> {
    return new Promise((stored, failed) => {
      const waiting = this.#waiting.get(leader)
      if (waiting) waiting.push({ ...batch, stored, failed })
      else {
        this.#waiting.set(leader, [{ ...batch, stored, failed }])
        setImmediate(() => this.#flush(leader))
      }
    })
  }

  #flush(leader: number): void {
    const waiting = this.#waiting.get(leader)!
    this.#waiting.delete(leader)
    let request: Waiting[] = []
    let bytes = 0
    for (const one of waiting) {
      if (request.length > 0 && bytes + one.batch.length > MOST_BYTES) {
        void this.#send(leader, request)
        request = []
        bytes = 0
      }
      request.push(one)
      bytes += one.batch.length
    }
    void this.#send(leader, request)
  }

  async #send(leader: number, request: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#cluster.ask(leader, produceBatches, request, this.#timeoutMs)
      for (const { topic, partition, stored, failed } of request) {
        const answer = answers.find(one => one.topic === topic && one.partition === partition)
        if (answer?.error) failed(clientError(answer.error))
        else if (answer && answer.offset >= 0) stored(answer.offset)
        else failed(new ClientError('The broker did not say where the records are.', { isPassing: true }))
      }
    } catch (error) {
      for (const { failed } of request) failed(error)
    }
  }
}
