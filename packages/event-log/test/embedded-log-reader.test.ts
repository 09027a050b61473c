import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEmbeddedEventLog, type EventLog, type LogReader, openEmbeddedLogReader } from '../src/index.ts'
import { collect, silentLogger, text, topicSpec } from './log-driver.ts'

const HOUR_MS = 3_600_000
let directory: string
let reader: LogReader
let log: EventLog | undefined
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'event-log-reader-'))
  reader = openEmbeddedLogReader({ directory })
})
afterEach(async () => {
  await log?.close()
  log = undefined
  rmSync(directory, { recursive: true })
})

const openLog = async (clock = new ManualClock(), segmentBytes = 400): Promise<EventLog> => {
  log = await createEmbeddedEventLog({ directory, clock, logger: silentLogger, segmentBytes })
  await log.ensureTopics([topicSpec('t', { partitions: 1, retentionMs: HOUR_MS })])
  return log
}

async function append(to: EventLog, values: readonly string[], timestampMs = 0): Promise<void> {
  const producer = await to.producer({ clientId: 'test' })
  for (const value of values) {
    const [result] = await producer.append('t', [{ key: text('k'), value: text(value), timestampMs }], {
      deadlineMs: 60_000,
    })
    expect(result).toMatchObject({ ok: true })
  }
  await producer.close()
}

const valuesOf = async (from = 0, to = Number.MAX_SAFE_INTEGER): Promise<string[]> =>
  (await collect(reader.read('t', 0, from, to))).map(record => record.value.toString())
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `value ${i}`)
const folder = (): string => join(directory, 'topics', 't', '0')
const segments = (): string[] =>
  readdirSync(folder())
    .filter(name => name.endsWith('.log'))
    .sort()
    .map(name => join(folder(), name))

/** Every file of the log with its bytes. */
const files = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath, entry.name))
      .map(file => [file, readFileSync(file, 'latin1')]),
  )

describe('a reader beside a process that writes', () => {
  it('sees everything that was acknowledged, in order and whole, also when the process is killed', async () => {
    const script = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url))
    const child = spawn(process.execPath, [script, directory, 'w'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    const ended = new Promise(resolve => child.on('exit', resolve))
    const lines = (): string[] => output.split('\n').slice(0, -1)
    const seen = new Set<string>()
    const next = [0, 0]
    /** Reads what is new; what was acknowledged before must be there then. */
    const check = async (): Promise<number> => {
      const acknowledged = lines()
      const before = seen.size
      const wrong: string[] = []
      for (const { partition, end } of await reader.range('t')) {
        for (const { offset, value } of await collect(reader.read('t', partition, next[partition]!, end))) {
          const [id = '', padding] = value.toString().split(' ')
          if (offset !== next[partition]!++ || padding !== 'x'.repeat(300) || seen.has(id))
            wrong.push(`${offset} ${id}`)
          seen.add(id)
        }
        expect(next[partition]).toBe(end)
      }
      expect(wrong).toEqual([])
      expect(acknowledged.filter(id => !seen.has(id))).toEqual([])
      return seen.size - before
    }
    try {
      await vi.waitFor(() => expect(lines().length).toBeGreaterThan(100), { timeout: 60_000 })
      for (let grown = 0; grown < 3; ) if ((await check()) > 0) grown++
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    await check()
    expect(readdirSync(folder()).filter(name => name.endsWith('.log')).length).toBeGreaterThan(1)
  })

  it('follows the writer without being opened again', async () => {
    const writer = await openLog()
    expect(await reader.range('t')).toEqual([{ partition: 0, earliest: 0, end: 0 }])
    for (let count = 1; count <= 30; count++) {
      await append(writer, [`value ${count - 1}`])
      expect(await reader.range('t')).toEqual([{ partition: 0, earliest: 0, end: count }])
      expect(await valuesOf()).toEqual(numbered(count))
    }
    expect(segments().length).toBeGreaterThan(2)
  })

  it('goes on with what is left when retention takes segments under its hands', async () => {
    const clock = new ManualClock()
    const writer = await openLog(clock, 300_000)
    const large = Array.from({ length: 40 }, (_, i) => `${i}`.padEnd(100_000))
    await append(writer, large, clock.now())
    const batches = reader.read('t', 0, 0, 100)[Symbol.asyncIterator]()
    const seen = (await batches.next()).value!.map((record: { offset: number }) => record.offset)
    await clock.advance(HOUR_MS + 120_000)
    await append(writer, ['new'], clock.now())
    await vi.waitFor(
      async () => expect((await writer.range('t'))[0]).toEqual({ partition: 0, earliest: 40, end: 41 }),
      {
        timeout: 60_000,
      },
    )
    for (let next = await batches.next(); !next.done; next = await batches.next())
      seen.push(...next.value.map(record => record.offset))
    expect(seen.at(-1)).toBe(40)
    expect(seen).toEqual(seen.toSorted((a: number, b: number) => a - b))
    expect(await reader.range('t')).toEqual([{ partition: 0, earliest: 40, end: 41 }])
  })
})

describe('a reader of a log that nobody has open', () => {
  it('shows what is whole of a tail that was cut anywhere, and changes no file', async () => {
    const writer = await openLog(new ManualClock(), 1 << 20)
    await append(writer, ['first', 'second', 'third'])
    await writer.close()
    const [file = ''] = segments()
    const whole = readFileSync(file)
    const ends = [1, 2, 3].map(count => {
      let at = 0
      for (let i = 0; i < count; i++) at += 32 + whole.readUInt32LE(at)
      return at
    })
    for (let size = whole.length; size >= 0; size--) {
      await writeFile(file, whole.subarray(0, size))
      const before = files()
      expect(await valuesOf()).toEqual(['first', 'second', 'third'].filter((_, i) => ends[i]! <= size))
      expect(files()).toEqual(before)
    }
  })

  it('reads a copy of a log that is in use elsewhere', async () => {
    await append(await openLog(), numbered(20))
    const copy = join(directory, 'copy')
    cpSync(join(directory, 'topics'), join(copy, 'topics'), { recursive: true })
    reader = openEmbeddedLogReader({ directory: copy })
    expect(await valuesOf()).toEqual(numbered(20))
  })

  it('says where a file is damaged, and reads what is behind it', async () => {
    const writer = await openLog()
    await append(writer, numbered(20))
    await writer.close()
    const [oldest = '', second = ''] = segments()
    const handle = await open(oldest, 'r+')
    await handle.write(Buffer.from([0xff]), 0, 1, 40)
    await handle.close()
    await expect(valuesOf()).rejects.toMatchObject({
      code: 'corrupt_segment',
      details: { file: oldest, position: 0 },
    })
    const from = Number(second.slice(-24, -4))
    expect(await valuesOf(from)).toEqual(numbered(20).slice(from))
    await truncate(segments().at(-2)!, 40)
    await rm(segments().at(-2)!.replace('.log', '.index'))
    await expect(reader.range('t')).rejects.toMatchObject({ code: 'corrupt_segment' })
  })

  it('says that a topic or a partition is not there', async () => {
    await openLog()
    const unknown = { code: 'unknown_topic' }
    await expect(reader.range('nowhere')).rejects.toMatchObject(unknown)
    await expect(collect(reader.read('t', 1, 0, 1))).rejects.toMatchObject(unknown)
  })

  it('takes a topic whose partitions are still to be made for an empty one', async () => {
    await openLog()
    await writeFile(join(directory, 'topics', 't', 'topic.json'), JSON.stringify(topicSpec('t', { partitions: 2 })))
    expect(await reader.range('t')).toHaveLength(2)
    expect(await collect(reader.read('t', 1, 0, 5))).toEqual([])
  })
})
