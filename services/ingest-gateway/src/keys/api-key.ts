import { hash, timingSafeEqual } from 'node:crypto'
import { jsonPointer } from '@millrace/contracts'
import { BROWSER_KEY } from '@millrace/contracts/browser-requests'
import { z } from 'zod'

const rate = z
  .number({ error: 'expected a number above 0' })
  .positive({ error: 'expected a number above 0' })
  .optional()

const quota = z.strictObject({ recordsPerSecond: rate, bytesPerSecond: rate })

const MAX_NAME = 200

const isOrigin = (text: string): boolean => text === '*' || URL.parse(text)?.origin === text

const anyKey = z.looseObject({
  id: z.string().regex(/^[a-z0-9]{4,32}$/, { error: 'expected 4 to 32 of a-z and 0-9' }),
  name: z
    .string()
    .max(MAX_NAME, { error: `expected at most ${MAX_NAME} characters` })
    .regex(/\S/, { error: 'expected a name' }),
  hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected sha256:<64 hex digits>' }),
  topics: z.array(z.string()),
  quota: quota.default({}),
  corsOrigins: z
    .array(z.string().refine(isOrigin, { error: 'expected an origin such as https://app.example.com, or *' }))
    .default([]),
  /** A browser key: pages contain it, so everyone can read it. */
  browser: z.literal(true, { error: 'expected true, or nothing for a key that is secret' }).optional(),
  createdAt: z.string(),
  revokedAt: z.string().optional(),
})

/** A key that everyone can read is bound to the pages of its sites, and cannot fill the log. */
const apiKey = anyKey.superRefine(({ browser, corsOrigins, quota }, context) => {
  if (browser === undefined) return
  const expected = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message })
  if (corsOrigins.length === 0 || corsOrigins.includes('*'))
    expected('corsOrigins', 'expected the origins of its pages, not *, for a browser key')
  if (quota.recordsPerSecond === undefined && quota.bytesPerSecond === undefined)
    expected('quota', 'expected recordsPerSecond or bytesPerSecond for a browser key')
})

/** The key file: `{ "keys": [...] }`, keys by their hash only. */
const keyFileSchema = z.looseObject({
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

/** The content of a key file, or what is wrong first, with its JSON pointer and without the value, which may be a secret. */
export function checkKeys(
  content: unknown,
): { readonly file: KeyFile; readonly problem: null } | { readonly problem: string } {
  const { data, error } = keyFileSchema.safeParse(content)
  const [issue] = error?.issues ?? []
  return issue ? { problem: `at ${jsonPointer(issue.path)}: ${issue.message}.` } : { file: data!, problem: null }
}

type Entry = Record<string, unknown>

const isObject = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What earlier versions wrote and the schema refuses, as what it says: each turns an entry into a valid one, or returns null. */
const REPAIRS: readonly ((entry: Entry) => { readonly entry: Entry; readonly repair: string } | null)[] = [
  entry =>
    typeof entry.name === 'string' && !/\S/.test(entry.name)
      ? { entry: { ...entry, name: 'unnamed' }, repair: 'the name is empty: "unnamed" is used' }
      : null,
  entry =>
    typeof entry.name === 'string' && entry.name.length > MAX_NAME
      ? {
          entry: { ...entry, name: entry.name.slice(0, MAX_NAME).toWellFormed() },
          repair: `the name has ${entry.name.length} characters: the first ${MAX_NAME} are used`,
        }
      : null,
  entry => {
    if (!isObject(entry.quota)) return null
    const rates = Object.entries(entry.quota)
    const kept = rates.filter(([, value]) => value !== null)
    if (kept.length === rates.length) return null
    const lost = rates.filter(([, value]) => value === null).map(([unit]) => unit)
    return {
      entry: { ...entry, quota: Object.fromEntries(kept) },
      repair: `the quota ${lost.join(' and ')} is null: there is no such limit`,
    }
  },
  entry => {
    if (!Array.isArray(entry.corsOrigins)) return null
    const kept = entry.corsOrigins.filter(origin => typeof origin !== 'string' || isOrigin(origin))
    return kept.length === entry.corsOrigins.length
      ? null
      : {
          entry: { ...entry, corsOrigins: kept },
          repair: 'corsOrigins has entries that are no origins, such as https://app.example.com: they are left out',
        }
  },
]

/**
 * Makes entries valid that an earlier version wrote and the schema refuses.
 * @param content of the file, parsed
 * @param onRepair is told what was repaired, in one sentence for each fault
 */
export function repairKeys(content: unknown, onRepair: (sentence: string) => void): unknown {
  if (!isObject(content) || !Array.isArray(content.keys)) return content
  const keys = content.keys.map(given => {
    if (!isObject(given)) return given
    let entry = given
    for (const repairOf of REPAIRS) {
      const repaired = repairOf(entry)
      if (!repaired) continue
      entry = repaired.entry
      onRepair(`Key ${entry.id}: ${repaired.repair}.`)
    }
    return entry
  })
  return { ...content, keys }
}

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
  // Their text has no id. That a hash is found faster than another one tells nobody a secret.
  const browserKeys = new Map([...live.values()].filter(key => key.browser).map(key => [key.hash, key]))
  return {
    find(text) {
      if (BROWSER_KEY.test(text)) return browserKeys.get(hashOfKey(text))
      const id = keyIdOf(text)
      const key = id === undefined ? undefined : live.get(id)
      return key && matchesHash(text, key.hash) ? key : undefined
    },
    isLive: id => live.has(id),
    allowsOrigin: origin => [...live.values()].some(key => keyAllowsOrigin(key, origin)),
  }
}

/** Several rings as one. */
export const joinKeyRings = (...rings: readonly KeyRing[]): KeyRing => ({
  find(text) {
    for (const ring of rings) {
      const key = ring.find(text)
      if (key) return key
    }
    return undefined
  },
  isLive: id => rings.some(ring => ring.isLive(id)),
  allowsOrigin: origin => rings.some(ring => ring.allowsOrigin(origin)),
})
