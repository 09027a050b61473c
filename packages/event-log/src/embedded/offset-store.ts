import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectory } from '@millrace/runtime'
import { logError } from '../errors.ts'
import { diskError } from './disk-error.ts'

export interface Committed {
  readonly offset: number
  readonly metadata: string
}

type GroupOffsets = Record<string, Record<string, Committed>>

/** Committed offsets of consumer groups: one small file per group, replaced as a whole. */
export class OffsetStore {
  readonly #directory: string
  readonly #groups = new Map<string, GroupOffsets>()
  readonly #saving = new Map<string, Promise<void>>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async open(directory: string): Promise<OffsetStore> {
    await makeDirectory(directory)
    const store = new OffsetStore(directory)
    for (const name of await readdir(directory)) {
      const file = join(directory, name)
      if (!name.endsWith('.json')) {
        await rm(file)
        continue
      }
      try {
        store.#groups.set(decodeURIComponent(name.slice(0, -5)), JSON.parse(await readFile(file, 'utf8')))
      } catch (error) {
        throw logError('corrupt_segment', { file, position: 0, reason: (error as Error).message }, error)
      }
    }
    return store
  }

  get(group: string, topic: string, partition: number): Committed | null {
    return this.#groups.get(group)?.[topic]?.[partition] ?? null
  }

  ofTopic(group: string, topic: string): ReadonlyMap<number, Committed> {
    const entries = Object.entries(this.#groups.get(group)?.[topic] ?? {})
    return new Map(entries.map(([partition, committed]) => [Number(partition), committed]))
  }

  /** Stores positions of a group together; they count at once for new assignments, the promise says that they are on disk. */
  commit(
    group: string,
    positions: readonly { topic: string; partition: number; offset: number; metadata: string }[],
  ): Promise<void> {
    const offsets = this.#groups.get(group) ?? {}
    this.#groups.set(group, offsets)
    for (const { topic, partition, offset, metadata } of positions) {
      offsets[topic] ??= {}
      offsets[topic][partition] = { offset, metadata }
    }
    const before = this.#saving.get(group) ?? Promise.resolve()
    const save = before.catch(() => {}).then(() => this.#save(group))
    this.#saving.set(group, save)
    return save
  }

  async #save(group: string): Promise<void> {
    const file = join(this.#directory, `${encodeURIComponent(group)}.json`)
    try {
      await writeFile(`${file}.tmp`, JSON.stringify(this.#groups.get(group)))
      await rename(`${file}.tmp`, file)
    } catch (error) {
      throw diskError(error, { topic: 'offsets of', partition: group, directory: this.#directory })
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#saving.values())
  }
}
