/** What one partition holds of a budget. */
export interface BudgetShare {
  /** Whether the partition is to read more; follows `settle`. */
  readonly isPaused: boolean
  /** Sets the bytes that the partition holds. */
  hold(bytes: number): void
  /** Decides `isPaused` anew. Returns whether it changed. */
  settle(): boolean
  /** Gives back all that is held, for good. */
  close(): void
}

/**
 * Bytes that the partitions of a process may hold together, shared by demand. While less than the limit is held, nobody is
 * paused, so one busy partition may have all of it. When the limit is reached, every partition that holds something is paused;
 * those below half of their fair share (the limit divided by the partitions that hold something) read on as soon as there is
 * room, the others when they are below it too. A partition that holds nothing is never paused, so a busy one cannot starve it.
 *
 * Where each partition settles after each batch that it takes, less is held than the limit plus one batch per partition.
 */
export interface ByteBudget {
  readonly limitBytes: number
  /** Held by all partitions together. */
  readonly heldBytes: number
  /** Begins the share of one partition; close it when the partition is given up. */
  open(): BudgetShare
}

/** A budget of `limitBytes` for all the runners that it is given to. */
export function createByteBudget(limitBytes: number): ByteBudget {
  let heldBytes = 0
  let holders = 0

  function open(): BudgetShare {
    let ownBytes = 0
    let isPaused = false
    let isClosed = false
    const hold = (bytes: number): void => {
      if (isClosed) return
      heldBytes += bytes - ownBytes
      holders += Number(bytes > 0) - Number(ownBytes > 0)
      ownBytes = bytes
    }
    const mayRead = (): boolean => {
      if (ownBytes === 0) return true
      if (heldBytes >= limitBytes) return false
      return !isPaused || ownBytes <= limitBytes / holders / 2
    }
    return {
      get isPaused() {
        return isPaused
      },
      hold,
      settle() {
        const wasPaused = isPaused
        isPaused = !mayRead()
        return isPaused !== wasPaused
      },
      close() {
        hold(0)
        isClosed = true
      },
    }
  }

  return {
    limitBytes,
    get heldBytes() {
      return heldBytes
    },
    open,
  }
}
