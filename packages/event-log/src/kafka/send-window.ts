/** The window opens by this part of what was stored in time, and closes to this part of what was held when it was not. */
const OPEN_BY = 0.25
const CLOSE_TO = 0.5
/** Later than this part of its deadline is late: what queues up behind would miss it altogether. */
const IN_TIME = 0.5

/** When a record began to wait and how long its sender does, ms. */
export interface Wait {
  readonly sinceMs: number
  readonly deadlineMs: number
}

/**
 * How many bytes a partition may hold, learnt from how long they wait. A queue without a bound that is drained too slowly
 * turns all of its records into timeouts: each is sent when its sender is about to give up. So the window closes when
 * records wait for more than half of their deadline, and what does not fit is refused at once.
 */
export class SendWindow {
  readonly #minBytes: number
  readonly #maxBytes: number
  #bytes: number
  #closedAtMs = Number.NEGATIVE_INFINITY

  constructor(minBytes: number, maxBytes: number) {
    this.#minBytes = Math.min(minBytes, maxBytes)
    this.#maxBytes = maxBytes
    this.#bytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether more bytes may wait; what is larger than the window may when nothing else does. */
  takes(heldBytes: number, bytes: number): boolean {
    return heldBytes === 0 || heldBytes + bytes <= this.#bytes
  }

  /** Bytes were stored, the oldest of them after this wait. */
  stored(bytes: number, heldBytes: number, { nowMs, ...wait }: Wait & { readonly nowMs: number }): void {
    if (nowMs - wait.sinceMs > wait.deadlineMs * IN_TIME) this.late(heldBytes, { nowMs, ...wait })
    else this.#bytes = Math.min(this.#maxBytes, this.#bytes + bytes * OPEN_BY)
  }

  /** Something waited too long. What began to wait before the window last closed says nothing about it as it is now. */
  late(heldBytes: number, { nowMs, sinceMs }: Pick<Wait, 'sinceMs'> & { readonly nowMs: number }): void {
    if (sinceMs < this.#closedAtMs) return
    this.#closedAtMs = nowMs
    this.#bytes = Math.max(this.#minBytes, Math.min(this.#bytes, heldBytes) * CLOSE_TO)
  }
}
