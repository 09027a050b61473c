import type { LogReader } from '@millrace/event-log'
import { type AdTargetModel, music } from '../contract.ts'

const { models } = music.topics

/** A model in use, and the offset of its record. */
export interface ModelInUse {
  readonly model: AdTargetModel
  readonly offset: number
}

/** A model of its bytes; null where they are none. What is wrong with it is reported by the topology that accepts models. */
export function readModel(value: Buffer): AdTargetModel | null {
  try {
    const read = models.schema.safeParse(JSON.parse(value.toString()))
    return read.success ? read.data : null
  } catch {
    // Not JSON.
    return null
  }
}

/** The model in use: of the valid ones that were published, the first with the highest version. One for all partitions of a process. */
export class ModelStore {
  readonly #log: LogReader
  readonly #positions: number[] = []
  #inUse: ModelInUse | null = null
  #reading: Promise<void> = Promise.resolve()

  constructor(log: LogReader) {
    this.#log = log
  }

  get inUse(): ModelInUse | null {
    return this.#inUse
  }

  /** Reads up to where the topic ends now. @throws what the log throws */
  refresh(): Promise<void> {
    const read = this.#reading.then(() => this.#readToEnd())
    // A failed reading concerns those who asked for it.
    this.#reading = read.catch(() => {})
    return read
  }

  async #readToEnd(): Promise<void> {
    for (const { partition, earliest, end } of await this.#log.range(models.name)) {
      const from = Math.max(earliest, this.#positions[partition] ?? earliest)
      // A read may end early: what it does not give is read the next time.
      this.#positions[partition] = from
      if (from < end)
        for await (const records of this.#log.read(models.name, partition, from, end))
          for (const { value, offset } of records) {
            const model = readModel(value)
            if (model && model.version > (this.#inUse?.model.version ?? 0)) this.#inUse = { model, offset }
            this.#positions[partition] = offset + 1
          }
    }
  }
}
