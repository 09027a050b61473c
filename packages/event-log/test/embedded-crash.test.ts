import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { identify, inspectProcess, type ProcessIdentity, signalProcess, systemClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEmbeddedEventLog, type EmbeddedEventLogOptions, type EventLog } from '../src/index.ts'
import { collect, Member, silentLogger, text, topicSpec } from './log-driver.ts'

let directory: string
let opened: EventLog[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'event-log-crash-'))
  opened = []
})
afterEach(async () => {
  for (const log of opened) await log.close()
  await rm(directory, { recursive: true })
})

async function openLog(more: Partial<EmbeddedEventLogOptions> = {}): Promise<EventLog> {
  const log = await createEmbeddedEventLog({ directory, clock: systemClock, logger: silentLogger, ...more })
  opened.push(log)
  return log
}

async function append(log: EventLog, values: readonly string[]): Promise<void> {
  const producer = await log.producer({ clientId: 'test' })
  for (const value of values) {
    const record = { key: text('k'), value: text(value), timestampMs: systemClock.now() }
    const [result] = await producer.append('t', [record], { deadlineMs: 60_000 })
    expect(result).toMatchObject({ ok: true })
  }
  await producer.close()
}

const values = async (log: EventLog, partition = 0): Promise<string[]> =>
  (await collect(log.read('t', partition, 0, Number.MAX_SAFE_INTEGER))).map(record => record.value.toString())

const segmentsOf = async (partition = 0): Promise<string[]> => {
  const folder = join(directory, 'topics', 't', String(partition))
  return (await readdir(folder)).filter(name => name.endsWith('.log')).map(name => join(folder, name))
}

describe('a killed process', () => {
  it('loses nothing that it acknowledged, however often it is killed', async () => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < 3; round++) {
      const script = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url))
      const child = spawn(process.execPath, [script, directory, `writer${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      child.stdout.setEncoding('utf8')
      for await (const chunk of child.stdout) {
        output += chunk
        // In the middle of a burst: appends are under way all the time.
        if (output.length > 20_000 && !child.killed) child.kill('SIGKILL')
      }
      if (child.signalCode === null) await once(child, 'exit')
      const ids = output.split('\n').slice(0, -1)
      expect(ids.length).toBeGreaterThan(100)
      for (const id of ids) acknowledged.add(id)
    }
    const log = await openLog()
    const stored = [...(await values(log, 0)), ...(await values(log, 1))].map(value => value.split(' ')[0]!)
    expect([...acknowledged].filter(id => !stored.includes(id))).toEqual([])
    expect(new Set(stored).size).toBe(stored.length)
    expect((await segmentsOf()).length).toBeGreaterThan(1)
  })

  it('leaves a torn tail that is cut at every possible place and repaired', async () => {
    let log = await openLog()
    await log.ensureTopics([topicSpec('t', { partitions: 1 })])
    await append(log, ['first', 'second', 'third'])
    await log.close()
    const [file] = await segmentsOf()
    const whole = await readFile(file!)
    const frameBytes = whole.length / 3
    for (let size = whole.length - 1; size >= 0; size--) {
      await writeFile(file!, whole.subarray(0, size))
      log = await openLog()
      const expected = ['first', 'second', 'third'].filter((_, i) => frameEnd(whole, i) <= size)
      expect(await values(log)).toEqual(expected)
      expect((await stat(file!)).size).toBe(expected.length === 0 ? 0 : frameEnd(whole, expected.length - 1))
      if (size % Math.floor(frameBytes / 2) === 0) {
        await append(log, ['again'])
        expect(await values(log)).toEqual([...expected, 'again'])
      }
      await log.close()
    }
  })

  it('leaves a lock that the next process takes over', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise(resolve => child.on('exit', resolve))
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: child.pid, started: null }))
    const log = await openLog()
    await expect(log.ping()).resolves.toBeUndefined()
  })

  it('leaves a lock that is taken over while the process is still a zombie', async () => {
    const script = fileURLToPath(new URL('./append-until-killed.ts', import.meta.url))
    // The shell becomes a program that does not know of the child and never reaps it.
    const shell = '"$@" & echo "pid $!"; exec sleep 600 > /dev/null'
    const parent = spawn('sh', ['-c', shell, 'sh', process.execPath, script, directory, 'writer'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let owner: ProcessIdentity | null = null
    try {
      let output = ''
      parent.stdout.setEncoding('utf8')
      for await (const chunk of parent.stdout) {
        output += chunk
        if (owner || !output.includes('writer-0\n')) continue
        owner = identify(Number(/^pid (\d+)$/m.exec(output)![1]))!
        await expect(openLog()).rejects.toMatchObject({ code: 'directory_in_use', details: { pid: owner.pid } })
        signalProcess(owner, 'SIGKILL')
      }
      await vi.waitFor(() => expect(inspectProcess(owner!).state).toBe('gone'), { timeout: 60_000, interval: 10 })
      expect(process.kill(owner!.pid, 0)).toBe(true)
      expect(await values(await openLog())).not.toEqual([])
    } finally {
      if (owner) signalProcess(owner, 'SIGKILL')
      parent.kill('SIGKILL')
    }
  })

  it.runIf(existsSync('/proc/1/stat'))('is told from another process that has its number now', async () => {
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: 1, started: 'another time' }))
    const log = await openLog()
    await log.close()
    await writeFile(join(directory, 'lock'), JSON.stringify({ ...identify(1), startTime: 'another time' }))
    await expect(openLog()).resolves.toBeDefined()
  })
})

/** Where the frame of the record `index` ends, when every frame holds one record. */
function frameEnd(file: Buffer, index: number): number {
  let at = 0
  for (let i = 0; i <= index; i++) at += 32 + file.readUInt32LE(at)
  return at
}

describe('one process at a time', () => {
  it.runIf(existsSync('/proc/1/stat'))('respects the locks of version 0.1', async () => {
    const started = identify(process.ppid)!.startTime.split('/')[1]
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: process.ppid, started }))
    await expect(openLog()).rejects.toMatchObject({ code: 'directory_in_use', details: { pid: process.ppid } })
  })

  it('names the process that has the log', async () => {
    await writeFile(join(directory, 'lock'), JSON.stringify({ pid: process.ppid, started: null }))
    await expect(openLog()).rejects.toMatchObject({ code: 'directory_in_use', details: { pid: process.ppid } })
  })

  it('does not open a log twice, and opens it again after it was closed', async () => {
    const log = await openLog()
    await expect(openLog()).rejects.toMatchObject({ code: 'directory_in_use', details: { pid: process.pid } })
    await log.close()
    await expect(openLog()).resolves.toBeDefined()
  })
})

describe('committed positions', () => {
  it('are there after a restart', async () => {
    let log = await openLog()
    await log.ensureTopics([topicSpec('t', { partitions: 1 })])
    const member = new Member(await log.consumer({ group: 'g', topics: ['t'], clientId: 'c' }), 10_000)
    const [assignment] = await member.assigned(1)
    await member.consumer.commit([{ ...assignment!, offset: 3, metadata: 'stateFrom=1' }])
    await log.close()
    // A commit that was cut short leaves the one before it.
    await writeFile(join(directory, 'groups', 'g.json.tmp'), '{"t":{"0":{"off')
    log = await openLog()
    expect(await log.committed('g', 't')).toEqual(new Map([[0, { offset: 3, metadata: 'stateFrom=1' }]]))
  })
})

describe('a damaged file', () => {
  async function storeAndDamage(position: number, segmentBytes: number): Promise<{ file: string; files: string[] }> {
    const log = await openLog({ segmentBytes })
    await log.ensureTopics([topicSpec('t', { partitions: 1 })])
    await append(
      log,
      Array.from({ length: 20 }, (_, i) => `value ${i}`),
    )
    await log.close()
    const files = await segmentsOf()
    const handle = await open(files[0]!, 'r+')
    const byte = Buffer.alloc(1)
    await handle.read(byte, 0, 1, position)
    await handle.write(Buffer.from([byte[0]! ^ 0x10]), 0, 1, position)
    await handle.close()
    return { file: files[0]!, files }
  }

  it('is reported with file and position when it is the newest one, not taken for a torn tail', async () => {
    // The highest byte of a length: the frame seems to go on behind the end of the file.
    const whole = await storeAndDamage(3, 1 << 20)
    await expect(openLog()).rejects.toMatchObject({
      code: 'corrupt_segment',
      details: { file: whole.file, position: 0 },
    })
    // The log was not left locked.
    await expect(openLog()).rejects.toMatchObject({ code: 'corrupt_segment' })
  })

  it('is reported by who reads it when it is an older one; the rest can be read', async () => {
    const { file, files } = await storeAndDamage(40, 200)
    expect(files.length).toBeGreaterThan(2)
    const log = await openLog({ segmentBytes: 200 })
    await expect(values(log)).rejects.toMatchObject({ code: 'corrupt_segment', details: { file, position: 0 } })
    const from = Number(files[1]!.slice(-24, -4))
    const rest = await collect(log.read('t', 0, from, 100))
    expect(rest.map(record => record.offset)).toEqual(Array.from({ length: 20 - from }, (_, i) => from + i))
    await append(log, ['more'])
  })

  it('is reported when an older one was cut', async () => {
    const { file } = await storeAndDamage(0, 200)
    await truncate(file, (await stat(file)).size - 3)
    await expect(openLog()).rejects.toMatchObject({ code: 'corrupt_segment', details: { file } })
  })

  it('is rebuilt when it is only an index', async () => {
    const log = await openLog({ segmentBytes: 200 })
    await log.ensureTopics([topicSpec('t', { partitions: 1 })])
    const all = Array.from({ length: 20 }, (_, i) => `value ${i}`)
    await append(log, all)
    await log.close()
    const indexes = (await segmentsOf()).slice(0, -1).map(file => file.replace('.log', '.index'))
    expect(indexes.length).toBeGreaterThan(2)
    await appendFile(indexes[0]!, 'x')
    await rm(indexes[1]!)
    expect(await values(await openLog({ segmentBytes: 200 }))).toEqual(all)
  })
})
