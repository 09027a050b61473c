/** Mutual exclusion, first come first served. */
export interface Mutex {
  /** Waits until nobody else holds it; resolves to the function that releases it. */
  acquire(): Promise<() => void>
}

export function createMutex(): Mutex {
  const waiting: (() => void)[] = []
  let isHeld = false
  const release = (): void => {
    const next = waiting.shift()
    if (next) next()
    else isHeld = false
  }
  return {
    async acquire() {
      if (isHeld) await new Promise<void>(resolve => waiting.push(resolve))
      isHeld = true
      return release
    },
  }
}
