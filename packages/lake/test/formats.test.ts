import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { canonicalJson, lakeFormats, parseExact } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  type BuiltDataFile,
  buildDataFile,
  createFormat,
  createNdjsonFormat,
  createParquetFormat,
  createRecordDecoder,
  type DataFormat,
  type LakeRow,
} from '../src/index.ts'

const SENT_MS = Date.UTC(2024, 2, 24, 12)
let directory: string
let files = 0
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lake-formats-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const sample = {
  eventId: '0b9dcd2c-6a3f-4f5c-9d3a-2f6f6d2f4c11',
  datetime: '2024-03-24T11:25:29.845Z',
  method: '/move',
  ingametime: '0:0',
  ip: '192.168.0.50',
  x: 277,
  y: -351.5,
  deathCount: 0,
  id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
  inputkey: 'b',
  account: 'testAccount_56',
  champion: 'vex',
  status: 0,
}

const decode = createRecordDecoder(lol.topics.raw)

async function store(
  format: DataFormat,
  records: readonly { offset: number; text: string }[],
  decodeRecord = decode,
): Promise<BuiltDataFile> {
  const base = join(directory, `${++files}`)
  const lines = records.map(({ offset, text }) => {
    const value = Buffer.from(text)
    const decoded = decodeRecord(value)
    if (!decoded.ok) throw new Error(decoded.message)
    const line = format.encode({ offset, timestampMs: SENT_MS, value, event: decoded.event })
    const parts = typeof line === 'object' && 'head' in line ? [line.head, line.body.subarray(line.from)] : [line]
    return Buffer.concat([...parts, '\n'].map(part => Buffer.from(part as string)))
  })
  const whole = Buffer.concat(lines)
  await writeFile(`${base}.lines`, (await format.pack?.(whole)) ?? whole)
  const offsets = records.map(record => record.offset)
  return buildDataFile(format, { linesFile: `${base}.lines`, target: `${base}.${format.name}`, offsets })
}

const readBack = (format: DataFormat, { localFile, offsets }: BuiltDataFile) => format.read(localFile, offsets)

async function rowsOf(format: DataFormat, file: BuiltDataFile): Promise<LakeRow[]> {
  const rows: LakeRow[] = []
  for await (const batch of readBack(format, file)) rows.push(...batch)
  return rows
}

async function roundTrip(format: DataFormat, texts: readonly string[]): Promise<void> {
  const records = texts.map((text, index) => ({ offset: 100 + index * 3, text }))
  const rows = await rowsOf(format, await store(format, records))
  expect(rows.map(row => row.offset)).toEqual(records.map(record => record.offset))
  const canonical = (event: object): string => canonicalJson(lol.topics.raw, event)
  expect(rows.map(row => canonical(row.event))).toEqual(
    texts.map(text => canonical(parseExact(Buffer.from(text)) as object)),
  )
}

const oddTexts = [
  JSON.stringify(sample),
  JSON.stringify({
    ...sample,
    roomID: '방 1',
    createRoomDate: '2024-03-24T11:00:00.000Z',
    추가: { a: [1, null, { b: null }] },
  }),
  // Values that are not of their column's type, or whose text is not the canonical one.
  JSON.stringify({
    ...sample,
    x: '277',
    deathCount: 1.5,
    status: true,
    account: 7,
    champion: null,
    ip: { v: 4 },
    method: [],
  }),
  JSON.stringify({ ...sample, datetime: '2024-03-24T11:25:29Z', createRoomDate: '2024-02-30T00:00:00.000Z' }),
  JSON.stringify({ ...sample, datetime: '0000-01-01T00:00:00.000Z', createRoomDate: '9999-12-31T23:59:59.999Z' }),
  JSON.stringify({ ...sample, createRoomDate: '2024-03-24T24:00:00.000Z' }),
  '{"eventId":"x","x":1e400,"y":-0,"deathCount":12345678901234567890,"big":-123456789012345678901234567890.5e-3}',
  '{"x":0.1,"y":1e-7,"deathCount":9007199254740991,"status":-9007199254740992,"tiny":5e-324}',
  '{"x":0.1234567890123456789,"y":1e-400,"tiny":1e-400,"deathCount":-0,"status":1.0,"zero":-0,"more":{"n":[9007199254740993,-0.0]}}',
  '{"x":-0,"y":-0.0,"deathCount":1e0,"status":1.00000000000000000001,"zero":0e5,"wide":1.0}',
  '{"x":1,"x":2,"account":"first","account":"last"}',
  '{"__proto__":{"polluted":true},"constructor":1,"toString":2,"":"empty key","extra":"my own","_offset":-1,"EVENTID":"case"}',
  '{"account":"\\ud800 lone","\\udc00key":"\\ud83d\\ude00","nul":"a\\u0000b","champion":"a\\u0000b","ip":"\\u2028\\u2029\\u007f\\"\\\\"}',
  '{}',
  '{"nothing":null}',
  `{"deep":${'['.repeat(400)}${']'.repeat(400)}}`,
  JSON.stringify({
    ...sample,
    path: [
      [500, -125.5, 1e-7],
      [62, 0.1, 5e-324],
      [0, 1.7976931348623157e308, 9007199254740992],
    ],
  }),
  // Rows that the column cannot hold.
  ...[
    '[[500,0.1234567890123456789,1]]',
    '[[500,-0,-0.0],[1.0,1e2,1.50]]',
    '[[-0,1,1]]',
    '[[1.5,1,1]]',
    '[[9007199254740993,1,1]]',
    '[[1,2]]',
    '[[1,2,3,4]]',
    '[[1,2,"3"]]',
    '[[1,2,null]]',
    '[[]]',
    '[]',
    '[1,2,3]',
    '[null]',
    '{"0":[1,2,3]}',
    '"way"',
  ].map(path => JSON.stringify(sample).replace('}', `,"path":${path}}`)),
  ' {\n\t"account" : "pretty",\r\n "x" : [ 1 ,\n 2 ] }\n',
]

describe.each(lakeFormats)('%s', name => {
  const create = (): DataFormat => createFormat(name, lol.topics.raw, 3)

  it('gives back odd records equal in canonical form', () => roundTrip(create(), oddTexts))

  it('gives back any record equal in canonical form', async () => {
    const keys = fc.oneof(
      fc.constantFrom(...Object.keys(sample), 'roomID', 'createRoomDate', 'path', 'extra'),
      fc.string({ unit: 'binary' }),
    )
    const record = fc.dictionary(keys, fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), { maxKeys: 12 })
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 40 }), records =>
        roundTrip(
          create(),
          records.map(fields => JSON.stringify({ ...sample, ...fields })),
        ),
      ),
      { numRuns: 25 },
    )
  })

  it('keeps offsets that are sparse and large', async () => {
    const offsets = [0, 1, 2, 130, 131, 20_000, 2 ** 31, 2 ** 40 + 1, 2 ** 52]
    const format = create()
    const rows = await rowsOf(
      format,
      await store(
        format,
        offsets.map(offset => ({ offset, text: JSON.stringify(sample) })),
      ),
    )
    expect(rows.map(row => row.offset)).toEqual(offsets)
  })

  it('gives rows in batches, not all at once', async () => {
    const format = create()
    const records = Array.from({ length: 20_000 }, (_, offset) => ({
      offset,
      text: JSON.stringify({ ...sample, n: offset }),
    }))
    let largest = 0
    let rows = 0
    for await (const batch of readBack(format, await store(format, records))) {
      largest = Math.max(largest, batch.length)
      for (const row of batch) expect(row.event.n).toBe(rows++)
    }
    expect(rows).toBe(20_000)
    expect(largest).toBeLessThan(8_000)
  })

  it('says that a file is damaged when it is cut or not its own', async () => {
    const format = create()
    const file = await store(
      format,
      oddTexts.map((text, offset) => ({ offset, text })),
    )
    const { truncate } = await import('node:fs/promises')
    const whole = await readFile(file.localFile)
    await truncate(file.localFile, whole.length - 5)
    await expect(rowsOf(format, file)).rejects.toMatchObject({ code: 'data_file_damaged', retryable: false })
    await writeFile(file.localFile, Buffer.concat([Buffer.from('garbage!'), whole]))
    await expect(rowsOf(format, file)).rejects.toMatchObject({ code: 'data_file_damaged' })
  })

  it('lets a reader stop in the middle', async () => {
    const format = create()
    const file = await store(
      format,
      Array.from({ length: 5_000 }, (_, offset) => ({ offset, text: JSON.stringify(sample) })),
    )
    for await (const batch of readBack(format, file)) {
      expect(batch.length).toBeGreaterThan(0)
      break
    }
    expect((await rowsOf(format, file)).length).toBe(5_000)
  })
})

describe('parquet', () => {
  it('has typed columns, instants as timestamps, and the rest as JSON in extra', async () => {
    const format = createParquetFormat(lol.topics.raw, 3)
    const text = JSON.stringify({ ...sample, unknown: { a: 1 }, status: 'dead' })
    const file = await store(format, [{ offset: 17, text }])
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson()
    const types = Object.fromEntries(
      (await query(`DESCRIBE FROM read_parquet('${file.localFile}')`)).map(row => [row.column_name, row.column_type]),
    )
    expect(types).toMatchObject({
      eventId: 'VARCHAR',
      datetime: 'TIMESTAMP WITH TIME ZONE',
      createRoomDate: 'TIMESTAMP WITH TIME ZONE',
      x: 'DOUBLE',
      deathCount: 'BIGINT',
      status: 'BIGINT',
      extra: 'VARCHAR',
      _topic: 'VARCHAR',
      _partition: 'INTEGER',
      _offset: 'BIGINT',
      _timestamp: 'TIMESTAMP WITH TIME ZONE',
    })
    const [row] = await query(
      `SELECT *, epoch_ms(datetime) AS ms, epoch_ms(_timestamp) AS sent, extra->>'$.unknown.a' AS a FROM read_parquet('${file.localFile}')`,
    )
    expect(row).toMatchObject({
      x: 277,
      deathCount: '0',
      status: null,
      _topic: 'lol.raw',
      _partition: 3,
      _offset: '17',
      ms: String(Date.parse(sample.datetime)),
      sent: String(SENT_MS),
      a: '1',
      extra: '{"status":"dead","unknown":{"a":1}}',
    })
    const [codec] = await query(`SELECT DISTINCT compression FROM parquet_metadata('${file.localFile}')`)
    expect(codec).toEqual({ compression: 'ZSTD' })
    connection.closeSync()
  })

  it.each([
    // Of columns of doubles and integers, and unknown fields; with what is in extra.
    ['{"big":12345678901234567890,"x":1e400}', '{"big":12345678901234567890,"x":1e400}'],
    ['{"balance":0.1234567890123456789,"tiny":1e-400,"zero":-0}', null],
    ['{"x":0.1234567890123456789,"y":9007199254740993,"deathCount":-0,"status":1.00000000000000000001}', null],
    [
      '{"x":1.0,"y":1e2,"deathCount":3.0,"status":0e5,"wide":1.0,"more":{"list":[1E2, -0.0]}}',
      '{"wide":1.0,"more":{"list":[1E2, -0.0]}}',
    ],
  ])('keeps in extra, digit for digit, what the columns cannot hold exactly: %s', async (text, extra) => {
    const format = createParquetFormat(lol.topics.raw, 0)
    const file = await store(format, [{ offset: 0, text }])
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const rows = (await connection.runAndReadAll(`SELECT extra FROM read_parquet('${file.localFile}')`)).getRows()
    connection.closeSync()
    expect(rows).toEqual([[extra ?? text]])
  })

  it('keeps in its columns what they can hold, however it is written', async () => {
    const format = createParquetFormat(lol.topics.raw, 0)
    const text = '{"x":-0,"y":1.50e2,"deathCount":3.0,"status":1e1,"odd":1.0}'
    const [row] = await rowsOf(format, await store(format, [{ offset: 0, text }]))
    expect(row!.event).toEqual({ x: -0, y: 150, deathCount: 3, status: 10, odd: 1 })
  })

  it('keeps the nulls of unknown fields', async () => {
    const format = createParquetFormat(lol.topics.raw, 0)
    const text = '{"note":null,"roomID":null,"more":{"deep":null}}'
    const rows = await rowsOf(format, await store(format, [{ offset: 0, text }]))
    expect(rows).toEqual([{ offset: 0, event: { note: null, more: { deep: null } } }])
  })

  it('stores nested fields of the schema as JSON text and gives them back as they were', async () => {
    const format = createParquetFormat(lol.topics.alerts, 0)
    const alert = { eventId: 'e:alert', evidence: [{ score: 0.5, feature: 'speed' }], roomID: '1' }
    const rows = await rowsOf(format, await store(format, [{ offset: 5, text: JSON.stringify(alert) }]))
    expect(rows).toEqual([{ offset: 5, event: expect.objectContaining(alert) }])
  })

  const withPath = {
    ...sample,
    path: [
      [437, -121, 30.5],
      [62, -2, 0],
    ],
  }
  const structs = [
    { before_ms: '437', dx: -121, dy: 30.5 },
    { before_ms: '62', dx: -2, dy: 0 },
  ]

  it.each([
    ['lol.raw', lol.topics.raw],
    ['lol.curated', lol.topics.curated],
  ])('has the path of an event of %s in a list of structs, which tell what each number is', async (_, topic) => {
    const format = createParquetFormat(topic, 0)
    const texts = [JSON.stringify(withPath), JSON.stringify({ ...withPath, note: 1 }), JSON.stringify(sample)]
    const file = await store(
      format,
      texts.map((text, offset) => ({ offset, text })),
    )
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const found = await connection.runAndReadAll(
      `SELECT path, typeof(path) AS type FROM read_parquet('${file.localFile}') ORDER BY _offset`,
    )
    connection.closeSync()
    const type = 'STRUCT(before_ms BIGINT, dx DOUBLE, dy DOUBLE)[]'
    expect(found.getRowObjectsJson()).toEqual([
      { path: structs, type },
      { path: structs, type },
      { path: null, type },
    ])
    expect((await rowsOf(format, file)).map(({ event }) => event)).toEqual(texts.map(text => JSON.parse(text)))
  })

  it('is read together with files of before a column was added, whose rows have none', async () => {
    const { path: _, ...fields } = lol.topics.raw.schema.shape
    const earlier = { ...lol.topics.raw, schema: z.looseObject(fields) }
    const old = await store(
      createParquetFormat(earlier, 0),
      [
        { offset: 0, text: JSON.stringify(sample) },
        { offset: 1, text: JSON.stringify(withPath) },
      ],
      createRecordDecoder(earlier),
    )
    const recent = await store(createParquetFormat(lol.topics.raw, 0), [{ offset: 2, text: JSON.stringify(withPath) }])
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const found = await connection.runAndReadAll(
      `SELECT _offset::INTEGER AS number, path FROM read_parquet(['${old.localFile}', '${recent.localFile}'], union_by_name = true) ORDER BY _offset`,
    )
    connection.closeSync()
    expect(found.getRowObjectsJson()).toEqual([
      { number: 0, path: null },
      { number: 1, path: null },
      { number: 2, path: structs },
    ])
    const format = createParquetFormat(lol.topics.raw, 0)
    const events = [...(await rowsOf(format, old)), ...(await rowsOf(format, recent))].map(({ event }) => event)
    expect(events).toEqual([sample, withPath, withPath])
  })

  it('refuses a schema whose field names collide', () => {
    const contract = (fields: z.ZodRawShape) => ({ name: 't', schema: z.looseObject(fields) })
    expect(() => createParquetFormat(contract({ extra: z.string() }), 0)).toThrow(/extra is taken/)
    expect(() => createParquetFormat(contract({ roomID: z.string(), roomid: z.string() }), 0)).toThrow(
      /roomid is taken/,
    )
  })
})

describe('ndjson.zst', () => {
  it('holds the bytes of the records and is plain zstd to every other reader', async () => {
    const texts = ['{"b":1.0,"a" : "\\u00e9"}', '{"x":12345678901234567890}']
    const { localFile } = await store(
      createNdjsonFormat(),
      texts.map((text, index) => ({ offset: 7 + index, text })),
    )
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const rows = (
      await connection.runAndReadAll(
        `SELECT content FROM (SELECT string_agg(line, chr(10)) AS content FROM read_csv('${localFile}', columns = {line: 'VARCHAR'}, header = false, delim = chr(1), quote = '', escape = '', compression = 'zstd'))`,
      )
    ).getRows()
    connection.closeSync()
    expect(rows).toEqual([[texts.join('\n')]])
  })

  it('costs almost nothing for offsets that follow one another', async () => {
    const format = createNdjsonFormat()
    const text = JSON.stringify(sample)
    const dense = await store(
      format,
      Array.from({ length: 50_000 }, (_, offset) => ({ offset: 10 ** 12 + offset, text })),
    )
    expect(dense.bytes).toBeLessThan(10_000)
  })
})

describe('daily-ndjson', () => {
  const format = createFormat('daily-ndjson', lol.topics.raw, 3)

  it('holds the bytes of the records, a line each, and nothing else', async () => {
    const texts = ['{"b":1.0,"a" : "\\u00e9"}', '{"x":12345678901234567890}']
    const file = await store(
      format,
      texts.map((text, index) => ({ offset: 7 + index, text })),
    )
    const content = await readFile(file.localFile)
    expect(String(content)).toBe(`${texts.join('\n')}\n`)
    expect(file).toMatchObject({
      rows: 2,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })
  })

  it('leaves almost nothing for the manifest where offsets follow one another, and little elsewhere', async () => {
    const rows = (step: number) =>
      Array.from({ length: 50_000 }, (_, index) => ({ offset: 10 ** 12 + index * step, text: '{}' }))
    expect((await store(format, rows(1))).offsets!.length).toBeLessThan(100)
    expect((await store(format, rows(3))).offsets!.length).toBeLessThan(100)
  })

  it('is not read without its offsets, or with those of another file', async () => {
    const file = await store(format, [
      { offset: 1, text: '{}' },
      { offset: 2, text: '{}' },
    ])
    const other = await store(format, [{ offset: 1, text: '{}' }])
    const { offsets, ...bare } = file
    for (const wrong of [bare, { ...bare, offsets: other.offsets! }, { ...bare, offsets: 'AAAA' }])
      await expect(rowsOf(format, wrong)).rejects.toMatchObject({ code: 'data_file_damaged' })
  })
})

describe('the decoder of records', () => {
  const read = (bytes: Buffer | string) => decode(Buffer.from(bytes as string))
  const eventTimeMs = Date.UTC(2024, 2, 24, 11, 25, 29, 845)

  it('reads the event time of a plainly written event, and makes no value of the rest', () => {
    expect(read(JSON.stringify(sample))).toEqual({ ok: true, event: null, eventTimeMs })
  })

  it('reads any other object and its event time', () => {
    const odd = { ...sample, champion: 'Kaï’Sa', more: [1] }
    expect(read(JSON.stringify(odd))).toEqual({ ok: true, event: odd, eventTimeMs })
    for (const datetime of [undefined, null, 5, 'yesterday', '2024-13-01T00:00:00Z', '2024-01-01']) {
      expect(read(JSON.stringify({ datetime }))).toMatchObject({ ok: true, eventTimeMs: null })
    }
  })

  it('says why bytes are no record', () => {
    expect(read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toMatchObject({ ok: false, code: 'invalid_utf8' })
    for (const text of ['', '{', '{"a":NaN}', '\ufeff{}', '{"a":1}{}'])
      expect(read(text)).toMatchObject({ ok: false, code: 'invalid_json' })
    for (const text of ['1', '"a"', 'null', '[]', 'true', '12345678901234567890123', '1e400']) {
      expect(read(text)).toMatchObject({ ok: false, code: 'not_an_object' })
    }
    expect(read(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toMatchObject({ ok: false, code: 'too_deep' })
  })
})
