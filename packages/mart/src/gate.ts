/** Lets at most `limit` tasks run at once; the others wait in the order in which they came. */
export function createGate(limit: number) {
  const waiting: (() => void)[] = []
  let running = 0

  async function run<T>(task: () => Promise<T>): Promise<T> {
    if (running >= limit) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }

  return {
    /** Runs `task` for every item; after a failure starts no more, waits for what runs, and rejects with the first error. */
    async forEach<T>(items: readonly T[], task: (item: T) => Promise<unknown>): Promise<void> {
      let next = 0
      let failed: { readonly error: unknown } | undefined
      const worker = async (): Promise<void> => {
        while (next < items.length) {
          const item = items[next++]!
          await run(async () => {
            if (!failed) await task(item)
          }).catch((error: unknown) => {
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
