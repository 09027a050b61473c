import { randomBytes as systemRandomBytes } from 'node:crypto'
import { open, realpath, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, CodedError, nearest, systemClock, systemReason } from '@millrace/runtime'
import { gatewayError } from '../errors.ts'
import { type ApiKey, checkKeys, hashOfKey, type KeyFile } from './api-key.ts'
import { readKeyFile } from './read-key-file.ts'

export interface NewKey {
  readonly name: string
  readonly topics: readonly string[]
  readonly quota?: { readonly recordsPerSecond?: number; readonly bytesPerSecond?: number }
  readonly corsOrigins?: readonly string[]
  /** Makes a browser key, which pages contain. */
  readonly browser?: boolean
}

export interface KeyFileOptions {
  /** Is told, in a sentence, of each fault that an earlier version wrote into the file. The next change of the file stores it repaired. */
  readonly onRepair?: (sentence: string) => void
}

export interface KeySources extends KeyFileOptions {
  /** Topics that clients may write. */
  readonly topics: readonly string[]
  /** Those of them that browser keys may write; none unless given. */
  readonly browserTopics?: readonly string[]
  readonly clock?: Clock
  readonly randomBytes?: (size: number) => Buffer
}

/** A key without its hash, for showing; other fields of its entry are there too. */
export type ListedKey = Pick<
  ApiKey,
  'id' | 'name' | 'topics' | 'quota' | 'corsOrigins' | 'browser' | 'createdAt' | 'revokedAt'
>

const listed = ({ hash: _hash, ...rest }: ApiKey): ListedKey => rest as unknown as ListedKey

/**
 * Makes a key and adds it to the file, which is made when it is not there (mode 0600).
 * @returns its id, the key itself, which is stored nowhere and cannot be shown again, and its entry
 * @throws GatewayError `unknown_key_topic`, `invalid_key`, `keys_file_broken`, `keys_file_busy`
 */
export async function createKey(
  file: string,
  wanted: NewKey,
  { topics, browserTopics = [], clock = systemClock, randomBytes = systemRandomBytes, onRepair }: KeySources,
): Promise<{ readonly id: string; readonly key: string; readonly entry: ListedKey }> {
  for (const topic of wanted.topics) {
    if (topics.includes(topic)) continue
    const near = nearest(topic, topics)
    const hint = near ? `Did you mean ${near}?` : `Known: ${topics.join(', ')}.`
    throw gatewayError('unknown_key_topic', { topic, hint })
  }
  const closed = wanted.browser ? wanted.topics.filter(topic => !browserTopics.includes(topic)) : []
  if (closed.length > 0)
    throw gatewayError('invalid_key', {
      reason: `a browser key may not write ${closed.join(', ')}, only ${browserTopics.join(', ') || 'topics whose contract lets browsers write'}.`,
    })
  const id = randomBytes(5).toString('hex')
  const key = wanted.browser
    ? `mb_${randomBytes(16).toString('hex')}`
    : `mr_${id}_${randomBytes(32).toString('base64url')}`
  const entry: ApiKey = {
    id,
    name: wanted.name,
    hash: hashOfKey(key),
    topics: [...wanted.topics],
    quota: { ...wanted.quota },
    corsOrigins: [...(wanted.corsOrigins ?? [])],
    ...(wanted.browser ? { browser: true } : {}),
    createdAt: new Date(clock.now()).toISOString(),
  }
  const { problem } = checkKeys({ keys: [entry] })
  if (problem !== null) throw gatewayError('invalid_key', { reason: problem.replace('/keys/0', '') })
  await changeKeyFile(file, content => ({ ...content, keys: [...content.keys, entry] }), onRepair)
  return { id, key, entry: listed(entry) }
}

/** The keys of the file, revoked ones included, without their hashes; none when there is no file yet. */
export async function listKeys(file: string, { onRepair }: KeyFileOptions = {}): Promise<readonly ListedKey[]> {
  return (await readOrNone(file, onRepair)).keys.map(listed)
}

async function readOrNone(file: string, onRepair: KeyFileOptions['onRepair'] = () => {}): Promise<KeyFile> {
  try {
    return await readKeyFile(file, onRepair)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'keys_file_missing') return { keys: [] }
    throw error
  }
}

/**
 * Revokes a key: gateways refuse it as soon as they see the file's change. Revoking it again changes nothing.
 * @throws GatewayError `unknown_key`, `keys_file_missing`, `keys_file_broken`, `keys_file_busy`
 */
export async function revokeKey(
  file: string,
  id: string,
  { clock = systemClock, onRepair }: Pick<KeySources, 'clock' | 'onRepair'> = {},
): Promise<ListedKey> {
  const { keys } = await readKeyFile(file, () => {})
  if (!keys.some(key => key.id === id)) {
    const near = nearest(
      id,
      keys.map(key => key.id),
    )
    throw gatewayError('unknown_key', { id, file, hint: near ? `Did you mean ${near}?` : '"keys list" shows them.' })
  }
  const revokedAt = new Date(clock.now()).toISOString()
  const revoked = (key: ApiKey): ApiKey => (key.id === id ? { ...key, revokedAt: key.revokedAt ?? revokedAt } : key)
  const changed = await changeKeyFile(file, content => ({ ...content, keys: content.keys.map(revoked) }), onRepair)
  return listed(changed.keys.find(key => key.id === id)!)
}

/** Replaces the file in one step, so that a reader sees the old or the new one; the new file's name is also the lock against a second writer. */
async function changeKeyFile(
  file: string,
  change: (content: KeyFile) => KeyFile,
  onRepair: KeyFileOptions['onRepair'],
): Promise<KeyFile> {
  const target = await realpath(file).catch(() => path.resolve(file))
  const lock = `${target}.new`
  const handle = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? gatewayError('keys_file_busy', { lock }, error)
      : gatewayError('keys_file_broken', { file, reason: `it cannot be written, ${systemReason(error)}.` }, error)
  })
  try {
    const changed = change(await readOrNone(target, onRepair))
    await handle.writeFile(`${JSON.stringify(changed, null, 2)}\n`)
    await handle.sync()
    await handle.close()
    await rename(lock, target)
    const folder = await open(path.dirname(target), 'r')
    await folder.sync().finally(() => folder.close())
    return changed
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(lock, { force: true })
    throw error
  }
}
