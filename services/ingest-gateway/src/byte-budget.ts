/** Bytes that one request holds of the budget; `release` gives all of them back. */
export interface ByteReservation {
  /** False when the budget has no room for them; then nothing was taken. */
  take(bytes: number): boolean
  /** Takes them whether there is room or not: they are there already. */
  add(bytes: number): void
  giveBack(bytes: number): void
  release(): void
}

export interface ByteBudget {
  readonly usedBytes: number
  readonly limitBytes: number
  reserve(): ByteReservation
  /** True from 90 % of the limit until use is back under 70 %, so that readiness does not flap. */
  readonly saturated: boolean
}

const SATURATED_FROM = 0.9
const SATURATED_UNTIL = 0.7

/** A budget of in-flight bytes for a whole process. */
export function createByteBudget(limitBytes: number): ByteBudget {
  let usedBytes = 0
  let saturated = false
  const use = (bytes: number): void => {
    usedBytes += bytes
    if (usedBytes >= limitBytes * SATURATED_FROM) saturated = true
    else if (usedBytes < limitBytes * SATURATED_UNTIL) saturated = false
  }
  return {
    limitBytes,
    get usedBytes() {
      return usedBytes
    },
    get saturated() {
      return saturated
    },
    reserve() {
      let held = 0
      return {
        take(bytes) {
          if (usedBytes + bytes > limitBytes) {
            saturated = true
            return false
          }
          held += bytes
          use(bytes)
          return true
        },
        add(bytes) {
          held += bytes
          use(bytes)
        },
        giveBack(bytes) {
          held -= bytes
          use(-bytes)
        },
        release() {
          use(-held)
          held = 0
        },
      }
    },
  }
}
