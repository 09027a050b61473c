/** Answers for the liveness and readiness probes. */
export interface Health {
  /** False when the event loop or the consume loop no longer turns. */
  live(): boolean
  /** Null when ready, else what is missing, by name. */
  notReady(): Readonly<Record<string, string>> | null
}

export interface HealthRegistry extends Health {
  /** Adds a check; it returns null when fine, else one line that says what is wrong. It must answer at once, from memory. */
  addReadiness(name: string, check: () => string | null): void
  addLiveness(name: string, check: () => boolean): void
  /** From now on not ready, whatever the checks say. */
  startDraining(): void
}

export function createHealth(): HealthRegistry {
  const readiness = new Map<string, () => string | null>()
  const liveness = new Map<string, () => boolean>()
  let draining = false
  return {
    addReadiness: (name, check) => void readiness.set(name, check),
    addLiveness: (name, check) => void liveness.set(name, check),
    startDraining: () => {
      draining = true
    },
    live: () => [...liveness.values()].every(check => check()),
    notReady: () => {
      const missing: Record<string, string> = {}
      if (draining) missing.lifecycle = 'stopping'
      for (const [name, check] of readiness) {
        const problem = check()
        if (problem !== null) missing[name] = problem
      }
      return Object.keys(missing).length > 0 ? missing : null
    },
  }
}
