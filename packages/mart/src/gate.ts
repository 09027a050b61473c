import { Semaphore } from '@millrace/runtime'

/** Lets at most `limit` tasks run at once, over all calls of `forEach`. */
export function createGate(limit: number) {
  const running = new Semaphore(limit)

  return {
    /** Runs `task` for every item; after a failure starts no more, waits for what runs, and rejects with the first error. */
    async forEach<T>(items: readonly T[], task: (item: T) => Promise<unknown>): Promise<void> {
      let next = 0
      let failed: { readonly error: unknown } | undefined
      const worker = async (): Promise<void> => {
        while (next < items.length) {
          const item = items[next++]!
          await running
            .use(async () => {
              if (!failed) await task(item)
            })
            .catch((error: unknown) => {
              failed ??= { error }
            })
        }
      }
      await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
      if (failed) throw failed.error
    },
  }
}

export type Gate = ReturnType<typeof createGate>
