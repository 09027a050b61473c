import { hash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'

const quota = z.strictObject({
  recordsPerSecond: z.number().positive().optional(),
  bytesPerSecond: z.number().positive().optional(),
})

const apiKey = z.looseObject({
  id: z.string().regex(/^[a-z0-9]{4,32}$/, { error: 'expected 4 to 32 of a-z and 0-9' }),
  name: z.string().min(1).max(200),
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected sha256:<64 hex digits>' }),
  topics: z.array(z.string()),
  quota: quota.default({}),
  corsOrigins: z.array(z.string()).default([]),
  createdAt: z.string(),
  revokedAt: z.string().optional(),
})

/** The key file: `{ "keys": [...] }`, keys by their hash only. */
export const keyFileSchema = z.looseObject({
  keys: z.array(apiKey).superRefine((keys, context) => {
    const seen = new Set<string>()
    for (const [index, { id }] of keys.entries()) {
      if (seen.has(id))
        context.addIssue({
          code: 'custom',
          path: [index, 'id'],
          message: `expected an id of its own, "${id}" is taken`,
        })
      seen.add(id)
    }
  }),
})

export type ApiKey = z.output<typeof apiKey>
export type KeyFile = z.output<typeof keyFileSchema>

/** How a key is stored: SHA-256 suffices, for a key is 32 random bytes and not a word that could be guessed. */
export const hashOfKey = (key: string): string => `sha256:${hash('sha256', key)}`

const KEY = /^mr_([a-z0-9]{4,32})_[A-Za-z0-9_-]{43}$/

/** The id in a key, or undefined when the text has not the form of a key. */
export const keyIdOf = (key: string): string | undefined => KEY.exec(key)?.[1]

/** Compares in constant time. */
export const matchesHash = (key: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOfKey(key)), Buffer.from(hash))

/** Live keys, as the gateway asks for them. */
export interface KeyRing {
  /** The live key that is this text, or undefined. */
  find(key: string): ApiKey | undefined
  isLive(keyId: string): boolean
  /** Whether any live key may be used from this origin; a preflight request has no key. */
  allowsOrigin(origin: string): boolean
}

/** Whether this key may be used by pages of `origin`. */
export const keyAllowsOrigin = (key: ApiKey, origin: string): boolean =>
  key.corsOrigins.includes(origin) || key.corsOrigins.includes('*')

/** A ring of fixed keys; revoked ones are left out. */
export function createKeyRing(keys: readonly ApiKey[]): KeyRing {
  const live = new Map(keys.filter(key => key.revokedAt === undefined).map(key => [key.id, key]))
  return {
    find(text) {
      const id = keyIdOf(text)
      const key = id === undefined ? undefined : live.get(id)
      return key && matchesHash(text, key.hash) ? key : undefined
    },
    isLive: id => live.has(id),
    allowsOrigin: origin => [...live.values()].some(key => keyAllowsOrigin(key, origin)),
  }
}
