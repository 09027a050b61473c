import type { Clock } from '@millrace/runtime'
import type { ApiKey } from './keys/api-key.ts'
import type { Refusal } from './problem.ts'

const UNITS = [
  ['recordsPerSecond', 'records'],
  ['bytesPerSecond', 'bytes'],
] as const

interface Bucket {
  balance: number
  atMs: number
}

/** Quotas of API keys. A request passes while the balance is positive and may overdraw it, so that any size of batch works and the mean rate holds. */
export interface Quotas {
  /** Null when the key may go on, else the refusal with the time to wait. */
  check(key: ApiKey): Refusal | null
  charge(key: ApiKey, amounts: { readonly records: number; readonly bytes: number }): void
}

/**
 * Token buckets that hold one second of the quota, in memory.
 * @param replicas gateways that share the quota: each grants its part
 * @param onRefused is called for each request that `check` refused
 */
export function createQuotas(clock: Clock, replicas: number, onRefused: (key: ApiKey) => void = () => {}): Quotas {
  const buckets = new Map<string, Bucket>()

  function bucketOf(key: ApiKey, unit: string, rate: number): Bucket {
    const name = `${key.id} ${unit}`
    const nowMs = clock.now()
    const bucket = buckets.get(name)
    if (!bucket) {
      const fresh = { balance: rate, atMs: nowMs }
      buckets.set(name, fresh)
      return fresh
    }
    bucket.balance = Math.min(rate, bucket.balance + (Math.max(0, nowMs - bucket.atMs) / 1000) * rate)
    bucket.atMs = nowMs
    return bucket
  }

  return {
    check(key) {
      for (const [name, unit] of UNITS) {
        const quota = key.quota[name]
        if (quota === undefined) continue
        const rate = quota / replicas
        const { balance } = bucketOf(key, unit, rate)
        if (balance <= 0) {
          onRefused(key)
          const retryAfterS = Math.max(1, Math.ceil(-balance / rate))
          return { code: 'quota_exceeded', details: { limit: Math.round(rate * 100) / 100, unit }, retryAfterS }
        }
      }
      return null
    },
    charge(key, amounts) {
      for (const [name, unit] of UNITS) {
        const quota = key.quota[name]
        if (quota !== undefined) bucketOf(key, unit, quota / replicas).balance -= amounts[unit]
      }
    },
  }
}
