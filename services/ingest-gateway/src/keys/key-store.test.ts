import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createLogger, ManualClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aKey, keyText, until } from '../../test/gateway-kit.ts'
import { createKeyStore } from './key-store.ts'
import { createKey, listKeys, revokeKey } from './manage-keys.ts'

const topics = ['lol.raw', 'lol.truth']
const createTestKey = (file: string, wanted: Parameters<typeof createKey>[1]) => createKey(file, wanted, { topics })

async function folder(): Promise<string> {
  const directory = temporaryDirectory('keys')
  return directory
}

async function open(file: string) {
  const clock = new ManualClock()
  const lines: string[] = []
  const logger = createLogger('test', { destination: { write: line => void lines.push(line) } })
  const store = createKeyStore({ file, topics, clock, logger, pollMs: 1_000 })
  await store.start()
  onTestFinished(() => store.stop())
  /** Lets the store look at its file until `condition` holds. */
  const look = (what: string, condition: () => boolean): Promise<void> =>
    until(what, async () => {
      await clock.advance(1_000)
      return condition()
    })
  return { store, lines, look }
}

const fileOf = (...ids: string[]): string => JSON.stringify({ keys: ids.map(id => aKey(id)) })

/** In one step, so that a look in the middle sees one of the two files. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.next`, text)
  await rename(`${file}.next`, file)
}

describe('the key store', () => {
  it.each([
    ['written in place', (file: string, text: string) => writeFile(file, text)],
    ['replaced by a rename', replaceFile],
  ])('takes the keys of a file that is %s', async (_, replace) => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, fileOf('first'))
    const { store, look } = await open(file)
    expect(store.find(keyText('first'))?.id).toBe('first')
    await replace(file, fileOf('other'))
    await look('the new key is live', () => store.find(keyText('other')) !== undefined)
    expect(store.find(keyText('first'))).toBeUndefined()
  })

  it('takes the keys of a folder that is swapped by its symlink, as Kubernetes does with Secrets', async () => {
    const directory = await folder()
    for (const [version, id] of [
      ['..v1', 'first'],
      ['..v2', 'other'],
    ] as const) {
      await mkdir(path.join(directory, version))
      await writeFile(path.join(directory, version, 'keys.json'), fileOf(id))
    }
    await symlink('..v1', path.join(directory, '..data'))
    await symlink('..data/keys.json', path.join(directory, 'keys.json'))
    const { store, look } = await open(path.join(directory, 'keys.json'))
    expect(store.find(keyText('first'))?.id).toBe('first')
    await symlink('..v2', path.join(directory, '..next'))
    await rename(path.join(directory, '..next'), path.join(directory, '..data'))
    await look('the new key is live', () => store.find(keyText('other')) !== undefined)
    expect(store.find(keyText('first'))).toBeUndefined()
  })

  it('keeps the last good keys while the file is broken or gone, says so once, and recovers', async () => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, fileOf('first'))
    const { store, lines, look } = await open(file)
    for (const [text, reason] of [
      ['{"keys": [', 'it is not JSON'],
      [
        JSON.stringify({ keys: [{ ...aKey('fine'), hash: 'mr_fine_secret-secret' }] }),
        'at /keys/0/hash: expected sha256:',
      ],
      [fileOf('twice', 'twice'), 'at /keys/1/id: expected an id of its own'],
    ] as const) {
      await replaceFile(file, text)
      await look('the fault is noticed', () => store.problem()?.includes(reason) ?? false)
      expect(store.find(keyText('first'))?.id).toBe('first')
    }
    await rm(file)
    await look('the loss is noticed', () => store.problem()?.includes('does not exist') ?? false)
    expect(store.find(keyText('first'))?.id).toBe('first')
    expect(lines.filter(line => line.includes('last_good_kept'))).toHaveLength(4)
    expect(lines.join('')).not.toContain('secret-secret')
    await replaceFile(file, fileOf('first', 'other'))
    await look('the file is good again', () => store.problem() === null)
    expect(store.find(keyText('other'))?.id).toBe('other')
  })

  it('does not start without a good file', async () => {
    const file = path.join(await folder(), 'keys.json')
    await expect(open(file)).rejects.toThrow(
      `The key file ${file} does not exist: make one with "millrace keys create".`,
    )
    await writeFile(file, '[]')
    await expect(open(file)).rejects.toThrow(`The key file ${file} cannot be used`)
  })

  it('warns of a topic that clients cannot write, and keeps the key', async () => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, JSON.stringify({ keys: [aKey('test', { topics: ['lol.rav'] })] }))
    const { store, lines } = await open(file)
    expect(store.find(keyText('test'))?.id).toBe('test')
    expect(lines.join('')).toMatch(/"topic":"lol.rav","nearest":"lol.raw".*key_topic_unknown/)
  })
})

describe('managing keys', () => {
  it('creates keys that the store knows, and none that can be read from the file', async () => {
    const file = path.join(await folder(), 'keys.json')
    expect(await listKeys(file)).toEqual([])
    const made = await createTestKey(file, { name: 'web', topics: ['lol.raw'], quota: { recordsPerSecond: 5 } })
    const second = await createTestKey(file, { name: 'b', topics: ['lol.truth'], corsOrigins: ['https://a.example'] })
    expect(made.key).toMatch(new RegExp(`^mr_${made.id}_[A-Za-z0-9_-]{43}$`))
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const { store } = await open(file)
    expect(store.find(made.key)).toMatchObject({
      id: made.id,
      name: 'web',
      topics: ['lol.raw'],
      quota: { recordsPerSecond: 5 },
    })
    expect(store.find(second.key)?.id).toBe(second.id)
    expect(store.allowsOrigin('https://a.example')).toBe(true)
    expect(store.allowsOrigin('https://b.example')).toBe(false)
    const list = await listKeys(file)
    expect(list.map(({ name }) => name)).toEqual(['web', 'b'])
    expect(JSON.stringify(list)).not.toContain('sha256')
  })

  it('makes browser keys with origins and a quota, for topics that browsers may write', async () => {
    const file = path.join(await folder(), 'keys.json')
    const shop = {
      name: 'shop',
      topics: ['lol.raw'],
      browser: true,
      corsOrigins: ['https://shop.example'],
      quota: { recordsPerSecond: 100 },
    }
    const make = (wanted: Parameters<typeof createKey>[1], browserTopics = ['lol.raw']) =>
      createKey(file, wanted, { topics, browserTopics })
    const { key, entry } = await make(shop)
    expect(key).toMatch(/^mb_[0-9a-f]{32}$/)
    expect(entry.browser).toBe(true)
    const { store, look } = await open(file)
    expect(store.find(key)).toMatchObject({ id: entry.id, browser: true })
    expect(store.find(`${key.slice(0, -1)}x`)).toBeUndefined()
    await revokeKey(file, entry.id)
    await look('the key is dead', () => store.find(key) === undefined)
    for (const [wanted, reason] of [
      [{ ...shop, corsOrigins: [] }, '/corsOrigins: expected the origins of its pages'],
      [{ ...shop, corsOrigins: ['*'] }, '/corsOrigins: expected the origins of its pages'],
      [{ ...shop, quota: {} }, '/quota: expected recordsPerSecond or bytesPerSecond'],
      [{ ...shop, topics: ['lol.truth'] }, 'a browser key may not write lol.truth, only lol.raw.'],
    ] as const)
      await expect(make(wanted)).rejects.toThrow(reason)
    // Written by hand.
    const { browser: _, ...closed } = { ...aKey('test'), corsOrigins: [] }
    await replaceFile(file, JSON.stringify({ keys: [{ ...closed, browser: true }] }))
    await look('the fault is noticed', () => store.problem()?.includes('/keys/0/corsOrigins') ?? false)
  })

  it('revokes a key for stores that already know it', async () => {
    const file = path.join(await folder(), 'keys.json')
    const { id, key } = await createTestKey(file, {
      name: 'web',
      topics: ['lol.raw'],
      corsOrigins: ['https://a.example'],
    })
    const { store, look } = await open(file)
    expect(store.isLive(id)).toBe(true)
    const { revokedAt } = await revokeKey(file, id)
    await look('the key is dead', () => !store.isLive(id))
    expect(store.find(key)).toBeUndefined()
    expect(store.allowsOrigin('https://a.example')).toBe(false)
    expect((await revokeKey(file, id)).revokedAt).toBe(revokedAt)
  })

  it('keeps what else is in the file', async () => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, JSON.stringify({ note: 'ours', keys: [{ ...aKey('test'), owner: 'team a' }] }), {
      mode: 0o600,
    })
    await createTestKey(file, { name: 'b', topics: [] })
    expect(await listKeys(file)).toMatchObject([{ id: 'test', owner: 'team a' }, { name: 'b' }])
  })

  it('says what is wrong with a topic or an id, and suggests the right one', async () => {
    const file = path.join(await folder(), 'keys.json')
    await expect(createTestKey(file, { name: 'a', topics: ['lol.row'] })).rejects.toThrow(/Did you mean lol.raw\?/)
    await expect(createTestKey(file, { name: 'a', topics: ['failed-events'] })).rejects.toThrow(
      /Known: lol.raw, lol.truth/,
    )
    const { id } = await createTestKey(file, { name: 'a', topics: [] })
    await expect(revokeKey(file, `${id.slice(0, -1)}x`)).rejects.toThrow(`Did you mean ${id}?`)
  })

  it('lets one writer change the file at a time and loses no key', async () => {
    const file = path.join(await folder(), 'keys.json')
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => createTestKey(file, { name: `k${index}`, topics: [] })),
    )
    const made = results.filter(({ status }) => status === 'fulfilled')
    expect(made.length).toBeGreaterThan(0)
    expect(await listKeys(file)).toHaveLength(made.length)
    for (const result of results)
      if (result.status === 'rejected') expect(String(result.reason)).toContain('Someone else is changing the key file')
  })

  it('refuses a key that the file could not be read with, and only such a key', async () => {
    const rate = fc.oneof(fc.double(), fc.integer({ min: 1 }), fc.constant(Number('9'.repeat(400))))
    const origin = fc.oneof(
      fc.webUrl(),
      fc.webUrl().map(url => new URL(url).origin),
      fc.constant('*'),
      fc.string(),
    )
    const wanted = fc.record(
      {
        name: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 190, maxLength: 210 })),
        topics: fc.subarray(topics),
        quota: fc.record({ recordsPerSecond: rate, bytesPerSecond: rate }, { requiredKeys: [] }),
        corsOrigins: fc.array(origin, { maxLength: 2 }),
      },
      { requiredKeys: ['name', 'topics'] },
    )
    const file = path.join(await folder(), 'keys.json')
    let made = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(wanted, async key => {
        const before = await readFile(file, 'utf8').catch(() => null)
        const outcome = await createTestKey(file, key).catch((error: Error) => error)
        if (outcome instanceof Error) {
          refused++
          expect(outcome.message).toMatch(/^The key cannot be made: at \/(name|quota|corsOrigins)\b.*: expected /)
          expect(await readFile(file, 'utf8').catch(() => null)).toBe(before)
        } else {
          made++
          const repairs: string[] = []
          expect((await listKeys(file, { onRepair: one => repairs.push(one) })).at(-1)).toMatchObject(key)
          expect(repairs).toEqual([])
          await rm(file)
        }
      }),
      { numRuns: 200, seed: 1 },
    )
    expect(made).toBeGreaterThan(20)
    expect(refused).toBeGreaterThan(20)
  })

  it.each([
    ['an empty name', { name: '' }, { name: 'unnamed' }, /^Key early: the name is empty/],
    ['a name of blanks', { name: '  ' }, { name: 'unnamed' }, /^Key early: the name is empty/],
    ['a long name', { name: 'n'.repeat(201) }, { name: 'n'.repeat(200) }, /^Key early: the name has 201 characters/],
    [
      'a quota that became null',
      { quota: { recordsPerSecond: null, bytesPerSecond: 5 } },
      { quota: { bytesPerSecond: 5 } },
      /^Key early: the quota recordsPerSecond is null: there is no such limit\.$/,
    ],
    [
      'an origin with a path',
      { corsOrigins: ['https://a.example/', 'https://a.example'] },
      { corsOrigins: ['https://a.example'] },
      /^Key early: corsOrigins has entries that are no origins/,
    ],
  ])('repairs a file with %s, and says so', async (_, fault, repaired, sentence) => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, JSON.stringify({ keys: [{ ...aKey('early'), ...fault, owner: 'team a' }] }), { mode: 0o600 })
    const sentences: string[] = []
    const onRepair = (one: string) => void sentences.push(one)
    const { store, lines } = await open(file)
    expect(store.find(keyText('early'))).toMatchObject({ id: 'early', ...repaired })
    expect(lines.join('')).toContain('key_repaired')
    expect(await listKeys(file, { onRepair })).toMatchObject([repaired])
    expect(sentences).toEqual([expect.stringMatching(sentence)])
    await createKey(file, { name: 'new', topics: [] }, { topics, onRepair })
    expect(sentences).toHaveLength(2)
    expect(await listKeys(file, { onRepair })).toMatchObject([{ ...repaired, owner: 'team a' }, { name: 'new' }])
    expect(sentences).toHaveLength(2)
  })

  it('does not touch a broken file', async () => {
    const file = path.join(await folder(), 'keys.json')
    await writeFile(file, 'oh')
    await expect(createTestKey(file, { name: 'a', topics: [] })).rejects.toThrow('it is not JSON')
    await expect(stat(`${file}.new`)).rejects.toThrow('ENOENT')
  })
})
