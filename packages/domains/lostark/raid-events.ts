import type { LostarkRaw } from './contract.ts'

/** Start of the raids of tests, ms: the time at which a topology driver begins. */
export const RAID_START_MS = Date.UTC(2026, 0, 1)

export interface RaidEventOptions {
  /** Number of the event, of which its id is made. */
  readonly id: number
  readonly session?: string
  readonly startMs?: number
  /** Seconds since the start. */
  readonly atSec?: number
  readonly account?: string
  readonly className?: string
  readonly boss?: string
  readonly difficulty?: number
  readonly limitSec?: number
  readonly isDead?: boolean
  readonly isClosing?: boolean
}

/** A raw event for tests: of one player in a raid of ten minutes, unless told otherwise. */
export function raidEvent(options: RaidEventOptions): LostarkRaw {
  const { id, session = 's1', startMs = RAID_START_MS, atSec = 0, account = 'ann', className = 'Bard' } = options
  const { boss = 'Valtan', difficulty = 1445, limitSec = 600, isDead = false, isClosing = false } = options
  return {
    eventId: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    sessionID: session,
    startTime: new Date(startMs).toISOString(),
    gametime: `${Math.floor(atSec / 60)}:${atSec % 60}`,
    success: isClosing ? 1 : 0,
    Boss: { difficulty, name: boss, endTime: limitSec },
    User: { ip: '192.168.0.1', class: className, account },
    method: '/move',
    x: 1,
    y: 2,
    inputkey: 'q',
    status: isDead ? 1 : 0,
  }
}
