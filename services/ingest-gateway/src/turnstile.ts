/** Lets one at a time through, first come first served. */
export interface Turnstile {
  /** Waits for its turn; resolves to what must be called at the end of it. */
  enter(): Promise<() => void>
}

export function createTurnstile(): Turnstile {
  const queue: (() => void)[] = []
  let isTaken = false
  const leave = (): void => {
    const next = queue.shift()
    if (next) next()
    else isTaken = false
  }
  return {
    async enter() {
      if (isTaken) await new Promise<void>(resolve => queue.push(resolve))
      isTaken = true
      return leave
    },
  }
}
