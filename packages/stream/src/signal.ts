/** Something has happened: `raised` resolves at the first `raise` after the last `clear`. */
export class Signal {
  raised!: Promise<void>
  raise!: () => void

  constructor() {
    this.clear()
  }

  /** To be called when woken, before looking at what has happened. */
  clear(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.raised = promise
    this.raise = resolve
  }
}
