import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { zstdDecompressSync } from 'node:zlib'
import { canonicalJson, identifiersIn, type Topic } from '@millrace/contracts'
import { allDomains, catalogOf } from '@millrace/domains/contracts'
import { identifierHash, type Lake, readManifests, readRange, readReceipts, receiptDigest } from '@millrace/lake'
import { reconcile } from '@millrace/reconciler'
import { createLogger, systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAllInOne } from '../src/all-in-one.ts'
import { untilCaughtUp } from '../src/caught-up.ts'
import { runCli } from '../src/cli/program.ts'
import { type EraseOptions, erase } from '../src/erasure/erase.ts'
import { Identity } from '../src/erasure/identity.ts'
import { recordsInLog } from '../src/erasure/scan.ts'
import { openEmbeddedPlatform, type Platform } from '../src/platform.ts'
import { captureTerminal } from './captured-terminal.ts'

/* Erases people of a demo of every domain: of each domain one by one, then one in all of them by the command line. */

const directory = temporaryDirectory('erase')
const data = path.join(directory, 'demo')
const work = mkdtempSync(path.join(directory, 'work-'))
const clock = systemClock
const logger = createLogger('test', { level: 'silent' })
const domains = allDomains.map(({ name }) => name)

async function millrace(...args: string[]) {
  const terminal = captureTerminal()
  const context = { terminal, stdin: Readable.from([]), signal: new AbortController().signal, environment: {}, clock }
  const code = await runCli(args, context)
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

async function withPlatform<T>(use: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await openEmbeddedPlatform(data, { clock, logger })
  try {
    return await use(platform)
  } finally {
    await platform.close()
  }
}

const eraseIn = (platform: Platform, domain: string, given: Pick<EraseOptions, 'account'> & Partial<EraseOptions>) =>
  erase({
    ...{ catalog: catalogOf([domain]), platform, by: 'a test', deadlineMs: 0, directory: work, clock, dryRun: false },
    ...given,
  })

const check = (platform: Platform, names: readonly string[]) =>
  reconcile({
    ...{ catalog: catalogOf(names), log: platform.log, lake: platform.lake, mart: platform.mart, clock },
    ...{ workDirectory: path.join(directory, 'reconcile'), ledger: path.join(data, 'ledger') },
  })

/** The identifier with most records in the raw topic of a domain, of those that are no number of anything else, such as of an antenna. */
async function busiest({ log }: Platform, topic: Topic) {
  const counts = new Map<string, number>()
  const elsewhere = new Set<unknown>()
  for await (const { event } of recordsInLog(log, topic.name)) {
    const identifiers = identifiersIn(topic.person, event)
    const [identifier] = identifiers
    const key = JSON.stringify(identifier)
    if (identifier) counts.set(key, (counts.get(key) ?? 0) + 1)
    for (const value of Object.values(event ?? {}))
      if (!identifiers.some(own => own.value === value)) elsewhere.add(value)
  }
  const found = [...counts].map(([key, count]) => ({ count, ...(JSON.parse(key) as { kind: string; value: string }) }))
  const [first] = found
    .filter(({ value }) => !elsewhere.has(value))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  return first!
}

/** Everything of a domain that lake and mart have, as text, in two parts: the person's by its fields, and a digest of the rest. */
async function stored({ lake, mart }: Pick<Platform, 'lake' | 'mart'>, domain: string, identity: Identity) {
  const { topics, tables } = catalogOf([domain])
  const own: string[] = []
  const others: string[] = []
  for (const topic of topics.filter(topic => topic.lake))
    for (let partition = 0; partition < topic.partitions; partition++)
      for await (const manifest of readManifests(lake, topic.name, partition))
        for await (const { rows } of readRange(lake, manifest, { directory: work }))
          for (const { event } of rows)
            (identity.owns(topic.person, event) ? own : others).push(canonicalJson(topic, event))
  const rows: string[] = []
  for (const table of tables)
    for await (const page of mart.scan(table, Object.keys(table.columns)))
      for (const row of page) {
        const text = `${table.name} ${JSON.stringify(row)}`
        rows.push(text)
        if (!identity.owns(table.person ?? null, row)) others.push(text)
      }
  return {
    own,
    texts: [...own, ...others, ...rows],
    others: createHash('sha256').update(others.sort().join('\n')).digest('hex'),
  }
}

/** Every file of a lake below a folder. */
async function filesOf(lake: Lake, folder: string): Promise<string[]> {
  const found: string[] = []
  for (const { name, kind } of await lake.list(folder))
    found.push(...(kind === 'folder' ? await filesOf(lake, `${folder}/${name}`) : [`${folder}/${name}`]))
  return found
}

beforeAll(async () => {
  const made = await millrace(
    'demo',
    '--data',
    data,
    '--seed',
    '7',
    '--duration',
    '2m',
    '--players',
    '20',
    '--rooms',
    '2',
  )
  expect(made).toMatchObject({ code: 0 })
}, 600_000)

describe('erasing the busiest person', () => {
  it.each(domains)('of %s leaves nothing of it, and everything of the others', async domain => {
    await withPlatform(async platform => {
      const catalog = catalogOf([domain])
      const { kind, value } = await busiest(platform, catalog.topic(`${domain}.raw`))
      const identity = new Identity({ kind, value })
      const before = await stored(platform, domain, identity)
      expect(before.own.length).toBeGreaterThan(0)
      const { receipt, path: receiptPath } = await eraseIn(platform, domain, { account: value })
      expect(Object.values(receipt.lake).reduce((sum, { records }) => sum + records, 0)).toBe(before.own.length)
      const after = await stored(platform, domain, identity)
      expect(after.own).toEqual([])
      expect(after.others).toBe(before.others)
      // Customer numbers and the like are short: they occur in other numbers, so the fields tell.
      if (value.length > 6)
        for (const text of after.texts) expect(new RegExp(`${value}(?![0-9])`).test(text), text).toBe(false)
      const found = (await readReceipts(platform.lake)).find(({ id }) => id === receipt.id)!
      expect(found).toMatchObject({
        state: 'complete',
        person: { kind, hash: identifierHash(found.salt, { kind, value }) },
      })
      expect(found.sha256).toBe(receiptDigest(receipt))
      expect(String(await platform.lake.read(receiptPath!)).includes(`"${value}"`)).toBe(false)
      const report = await check(platform, [domain])
      expect(report).toMatchObject({ ok: true, examples: [] })
      expect(report.topics[`${domain}.raw`]!.erased).toBeGreaterThan(0)
    })
  })

  it('leaves no file that no manifest names, and no trace in the file of the mart', async () => {
    await withPlatform(async ({ lake }) => {
      const named: string[] = []
      const there: string[] = []
      for (const topic of catalogOf().topics.filter(topic => topic.lake)) {
        there.push(...(await filesOf(lake, topic.name)))
        for (let partition = 0; partition < topic.partitions; partition++)
          for await (const { files } of readManifests(lake, topic.name, partition))
            named.push(...files.map(file => file.path))
      }
      expect(there.sort()).toEqual(named.sort())
      expect(await filesOf(lake, '_tmp')).toEqual([])
    })
  })
})

/** Names and sizes of the files of the lake. */
const lakeFiles = () =>
  withPlatform(async ({ lake }) => {
    const files: string[] = []
    for (const file of [
      ...(await filesOf(lake, 'lol.raw')),
      ...(await filesOf(lake, '_manifests')),
      ...(await filesOf(lake, '_erasures')),
    ])
      files.push(`${file} ${(await lake.stat(file))?.bytes}`)
    return files
  })

it('the command erases one person from all domains, and reconcile stays at 0', async () => {
  const receipt = path.join(directory, 'receipt.json')
  const before = await lakeFiles()
  const dry = await millrace('erase', '--account', 'testAccount_3', '--data', data, '--dry-run')
  expect(await lakeFiles(), 'a dry run changes nothing').toEqual(before)
  expect(dry).toMatchObject({ code: 0 })
  expect(dry.out).toContain('Dry run: nothing is changed. The account testAccount_3')
  expect(dry.out).toContain('No receipt')
  const done = await millrace('erase', '--account', 'testAccount_3', '--data', data, '--receipt', receipt)
  expect(done).toMatchObject({ code: 0 })
  for (const text of [
    'lol.raw',
    'hotel_events',
    'Left in the log',
    'music.customers',
    'ad_minutes',
    'Receipt: _erasures/',
  ])
    expect(done.out).toContain(text)
  expect(JSON.parse(readFileSync(receipt, 'utf8'))).toMatchObject({ state: 'complete' })
  const tablesOf = (out: string): string =>
    out.slice(out.indexOf('Lake:'), out.indexOf('Left unchanged')).replaceAll('would be ', '')
  expect(tablesOf(done.out)).toBe(tablesOf(dry.out))
  const again = await millrace('erase', '--account', 'testAccount_3', '--data', data, '--dry-run')
  expect(again.out).not.toMatch(/^(Lake|Mart):/m)
  const file = readFileSync(path.join(data, 'mart.db')).toString('latin1')
  expect(/testAccount_3(?![0-9])/.test(file), 'the file of the mart has no byte of the account').toBe(false)
  const [ledger, golden] = [path.join(data, 'ledger'), path.join(data, 'golden')]
  const compared = await millrace('reconcile', '--data', data, '--ledger', ledger, '--golden', golden)
  expect(compared.out).toContain('No missing and no duplicate events.')
  expect(compared.out).toMatch(/erasures of people: \d+/)
  expect(compared.out).toMatch(/topic .* failed +erased +quarantined/)
  expect(compared.out).toMatch(/table +expected +matching +erased +different/)
  expect(compared.code).toBe(0)
})

describe.each(['ndjson', 'daily-ndjson'])('a lake of %s', format => {
  it('has no byte of a person who was erased, and reconcile stays at 0', async () => {
    const folder = path.join(directory, format)
    const small = ['--players', '10', '--rooms', '1', '--duration', '1m', '--domains', 'lol']
    expect(await millrace('demo', '--data', folder, '--seed', '7', '--format', format, ...small)).toMatchObject({
      code: 0,
    })
    const filesWith = (account: string): string[] =>
      readdirSync(path.join(folder, 'lake'), { recursive: true, withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(entry => path.join(entry.parentPath, entry.name))
        .filter(file => {
          const content = readFileSync(file)
          // The lines of a compressed file are in frames behind their offsets.
          const text = file.endsWith('.zst') ? zstdDecompressSync(content) : content
          return text.includes(`"${account}"`)
        })
    expect(filesWith('testAccount_3').length).toBeGreaterThan(1)
    const others = filesWith('testAccount_4').length
    expect(await millrace('erase', '--account', 'testAccount_3', '--data', folder)).toMatchObject({ code: 0 })
    expect(filesWith('testAccount_3')).toEqual([])
    expect(filesWith('testAccount_4')).toHaveLength(others)
    const compared = await millrace('reconcile', '--data', folder, '--ledger', path.join(folder, 'ledger'))
    expect(compared.out).toContain('No missing and no duplicate events.')
    expect(compared.code).toBe(0)
  })
})

it('the page of the data tells what was erased, and does not name the person', async () => {
  const page = path.join(directory, 'page.html')
  const made = await millrace('report', '--data', data, '--out', page)
  expect(made).toMatchObject({ code: 0 })
  const html = readFileSync(page, 'utf8')
  expect(html).toMatch(/>erased<\/th>/)
  expect(html).toMatch(/Erasures of people: \d+ complete, 0 broken off\./)
  expect(/testAccount_3(?![0-9])/.test(html)).toBe(false)
})

it('an account of which there is nothing is no error, and typos are answered', async () => {
  const nobody = await millrace('erase', '--account', 'nobody_at_all', '--data', data, '--domains', 'hotel')
  expect(nobody).toMatchObject({ code: 0 })
  expect(nobody.out).toContain('Nothing of the account nobody_at_all is in hotel.')
  expect(nobody.out).toContain('Receipt: _erasures/')
  expect(await millrace('erase', '--account', 'x', '--data', data, '--domains', 'hotle')).toMatchObject({ code: 2 })
  const kind = await millrace('erase', '--account', 'x', '--data', data, '--as', 'acount')
  expect(kind).toMatchObject({ code: 2 })
  expect(kind.err).toContain('did you mean account?')
  expect((await millrace('erase', '--account', ' ', '--data', data)).err).toContain('--account is missing or blank')
  expect((await millrace('erase', '--account', 'x', '--data', path.join(directory, 'no'))).code).toBe(2)
  writeFileSync(path.join(directory, 'file'), '')
  expect(
    (await millrace('erase', '--account', 'x', '--data', data, '--receipt', path.join(directory, 'file/r'))).code,
  ).toBe(2)
})

/** A platform whose process dies at its n-th call that changes something. */
function dyingAt(platform: Platform, call: number): Platform {
  let calls = 0
  const changing = new Set(['write', 'rename', 'remove', 'delete', 'producer'])
  const wrap = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          if (changing.has(String(name)) && ++calls >= call) throw new Error('died')
          return member.apply(target, args)
        }
      },
    })
  return { ...platform, log: wrap(platform.log), lake: wrap(platform.lake), mart: wrap(platform.mart) }
}

it('an erasure that dies at every step is completed by running it again', async () => {
  await withPlatform(async platform => {
    const kind = 'account'
    const others = await stored(platform, 'lostark', new Identity({ kind, value: 'testAccount_12' }))
    let deaths = 0
    for (let call = 1; ; call++) {
      const done = await eraseIn(dyingAt(platform, call), 'lostark', { account: 'testAccount_12' }).catch(
        (error: unknown) => {
          expect(error).toMatchObject({ message: 'died' })
          return null
        },
      )
      if (done) {
        expect(done.resumed).toBe(true)
        break
      }
      deaths++
      if (deaths % 6 === 0) expect(await check(platform, ['lostark'])).toMatchObject({ ok: true, examples: [] })
    }
    expect(deaths).toBeGreaterThan(8)
    const after = await stored(platform, 'lostark', new Identity({ kind, value: 'testAccount_12' }))
    expect(others.own.length).toBeGreaterThan(0)
    expect(after.own).toEqual([])
    expect(after.others).toBe(others.others)
    const report = await check(platform, ['lostark'])
    expect(report).toMatchObject({ ok: true, erasures: { begun: 0 } })
  })
})

it('events that arrive meanwhile are new data: they stay, and are in the mart', async () => {
  await withPlatform(async platform => {
    const catalog = catalogOf(['ad'])
    const raw = catalog.topic('ad.raw')
    const { value } = await busiest(platform, raw)
    const account = value === 'testAccount_3' ? 'testAccount_4' : value
    const event = {
      ...{ eventId: '00000000-0000-4000-8000-00000000e1a5', datetime: '2024-03-24T12:00:00.000Z', kind: 'click' },
      ...{ Ad: { ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe' }, User: { account, gender: 'female', age: 36 } },
    }
    const send = async (): Promise<void> => {
      const producer = await platform.log.producer({ clientId: 'test' })
      const record = { key: Buffer.from(account), value: Buffer.from(JSON.stringify(event)), timestampMs: clock.now() }
      expect(await producer.append(raw.name, [record], { deadlineMs: 10_000 })).toMatchObject([{ ok: true }])
      await producer.close()
    }
    let isSent = false
    const mart: Platform['mart'] = {
      ...platform.mart,
      async *scan(table, columns) {
        if (!isSent) await send()
        isSent = true
        yield* platform.mart.scan(table, columns)
      },
    }
    const { receipt } = await eraseIn({ ...platform, mart }, 'ad', { account })
    expect(receipt.log['ad.raw']).toMatchObject({ later: 1 })
    const all = createAllInOne({
      ...{ catalog, platform, clock, logger, lakeFormat: 'parquet', archiveAfterMs: 500 },
      gateway: { host: '127.0.0.1', port: 0, keysFile: path.join(data, 'keys.json') },
      spoolDirectory: path.join(directory, 'spool'),
    })
    await all.start()
    await untilCaughtUp(platform.log, all.groups, { clock, stallMs: 120_000, onLag: () => {} })
    await all.stop()
    const rows = await platform.mart.select(catalog.table('ad_events'), { day: '2024-03-24', account })
    expect(rows.map(row => row.event_id)).toEqual([event.eventId])
    expect(await platform.mart.select(catalog.table('ad_user_totals'), { account })).toMatchObject([{ account }])
    expect(await check(platform, ['ad'])).toMatchObject({ ok: true, examples: [] })
  })
})

it('a row that comes back is a difference', async () => {
  await withPlatform(async platform => {
    const catalog = catalogOf(['hotel'])
    const curated = catalog.topic('hotel.curated')
    const { erased } = (await readReceipts(platform.lake)).find(({ erased }) => erased[curated.name])!
    const [partition, [[offset]]] = Object.entries(erased[curated.name]!)[0] as [string, [[number, number]]]
    for await (const { event, ...record } of recordsInLog(platform.log, curated.name)) {
      if (record.partition !== Number(partition) || record.offset !== offset) continue
      const [mapping] = catalog.mappingsOf(curated.name)
      const row = mapping!.toRow(event!)!
      await platform.mart.upsert(mapping!.table, [row])
      expect(await check(platform, ['hotel']), 'a replay is without effect').toMatchObject({ ok: true })
      await platform.mart.upsert(mapping!.table, [{ ...row, writeTimeMicros: row.writeTimeMicros + 1 }])
      const report = await check(platform, ['hotel'])
      expect(report).toMatchObject({ ok: false, topics: { 'hotel.curated': { unexpected: 1 } } })
      expect(report.examples[0]).toContain('was erased, and has a row in mart table hotel_events')
    }
  })
})
