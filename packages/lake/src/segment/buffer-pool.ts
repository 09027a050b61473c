const SMALLEST_BYTES = 8 << 10
const LARGEST_KEPT_BYTES = 1 << 20

const sizeFor = (bytes: number): number => {
  let size = SMALLEST_BYTES
  while (size < bytes) size *= 2
  return size
}

/**
 * Reuses buffers, whose sizes are powers of two. Freed buffers would otherwise count as memory of the process until the next
 * garbage collection. Buffers in use and buffers kept for reuse together stay within `maxBytes` as long as those in use do.
 */
export class BufferPool {
  readonly #maxBytes: number
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0
  #usedBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Size of the buffers in use. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @returns a buffer of at least `bytes` */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes)
    const found = this.#free.get(size)?.pop()
    if (found) this.#freeBytes -= size
    this.#usedBytes += size
    this.#trim()
    return found ?? Buffer.allocUnsafeSlow(size)
  }

  /** Takes back a buffer that nobody reads or writes any more. */
  release(buffer: Buffer): void {
    this.#usedBytes -= buffer.length
    if (buffer.length > LARGEST_KEPT_BYTES) return
    const sameSize = this.#free.get(buffer.length)
    if (sameSize) sameSize.push(buffer)
    else this.#free.set(buffer.length, [buffer])
    this.#freeBytes += buffer.length
    this.#trim()
  }

  #trim(): void {
    for (const [size, buffers] of this.#free) {
      while (this.#usedBytes + this.#freeBytes > this.#maxBytes && buffers.pop()) this.#freeBytes -= size
    }
  }
}
