import { Random } from '@millrace/simulation'

const MINUTE_MS = 60_000
/** How long a group stays at an antenna. */
const STAY_MS = { min: 5 * MINUTE_MS, max: 25 * MINUTE_MS }

/** Devices that move from antenna to antenna together. */
export interface Group {
  /** Number of the antenna at which the group is; times must not decrease. */
  antennaAt(timeMs: number): number
}

/**
 * @param labels name the group's random stream
 * @param antennas how many there are
 * @param startMs start of the simulation, ms since the epoch
 */
export function createGroup(labels: readonly (string | number)[], antennas: number, startMs: number): Group {
  const random = new Random(...labels)
  const stays: { readonly untilMs: number; readonly antenna: number }[] = []
  return {
    antennaAt(timeMs) {
      for (;;) {
        const current = stays.find(({ untilMs }) => timeMs < untilMs)
        if (current) return current.antenna
        const last = stays.at(-1)
        // Another antenna than before, where there is one.
        const step = last && antennas > 1 ? random.int(1, antennas - 1) : random.int(0, antennas - 1)
        stays.push({
          untilMs: (last?.untilMs ?? startMs) + random.int(STAY_MS.min, STAY_MS.max),
          antenna: ((last?.antenna ?? 0) + step) % antennas,
        })
        // Members of a group are at most a minute apart.
        if (stays.length > 3) stays.shift()
      }
    },
  }
}
