import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { catalog } from '@millrace/domains/contracts'
import { createEmbeddedEventLog, logError } from '@millrace/event-log'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger, ManualClock } from '@millrace/runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { provisionMart, provisionTopics } from '../src/index.ts'
import { untilDone } from '../src/until-done.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'provisioner-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const parts = { clock: new ManualClock(), logger: createLogger('test', { level: 'silent' }) }

describe('provisioning of topics', () => {
  it('creates what is missing, alters settings that differ, leaves further partitions, and says so in one line', async () => {
    const log = await createEmbeddedEventLog({ directory, ...parts })
    const [wide, brief, ...others] = catalog.topics.map(topic => ({
      ...topic,
      partitions: 6,
      retentionMs: 604_800_000,
    }))
    await log.ensureTopics([
      { ...wide!, partitions: 9 },
      { ...brief!, retentionMs: 1000 },
    ])
    expect(await provisionTopics(log, [wide!, brief!, ...others])).toBe(
      `Topics: created ${others.map(({ name }) => name).join(', ')}; changed ${brief!.name} (retentionMs: 1000, wanted 604800000); left as they are ${wide!.name} (partitions: 9, wanted 6).`,
    )
    expect(await log.range(wide!.name)).toHaveLength(9)
    expect(await provisionTopics(log, [brief!, ...others])).toBe('Topics: nothing to change.')
    await log.close()
  })
})

describe('provisioning of the mart', () => {
  it('creates every table once', async () => {
    const mart = createEmbeddedMart({ file: path.join(directory, 'mart.db') })
    const tables = catalog.tables.map(({ name }) => `table ${name}`)
    expect(await provisionMart(mart, catalog.tables)).toBe(`Mart at ${mart.location}: created ${tables.join(', ')}.`)
    expect(await provisionMart(mart, catalog.tables)).toBe(`Mart at ${mart.location}: nothing to change.`)
    await mart.close()
  })
})

describe('waiting for a server', () => {
  const away = (reason: string) => logError('log_unavailable', { where: 'there', reason })

  it('says once what it waits for, and again when that changes', async () => {
    const clock = new ManualClock()
    const said: string[] = []
    const reasons = ['refused', 'refused', 'refused', 'no leader', 'no leader']
    const done = untilDone(
      async () => {
        const reason = reasons.shift()
        if (reason) throw away(reason)
        return 'made'
      },
      { deadlineMs: 60_000, clock, say: line => said.push(line) },
    )
    await clock.advance(10_000)
    expect(await done).toBe('made')
    expect(said).toEqual(['refused', 'no leader'].map(reason => `Waiting: ${away(reason).message}`))
  })

  it('gives up at the deadline with the reason, also while an attempt hangs, and at once on errors that waiting does not end', async () => {
    const clock = new ManualClock()
    const options = { deadlineMs: 5_000, clock, say: () => {} }
    const never = untilDone(() => new Promise(() => {}), options)
    const refused = untilDone(() => Promise.reject(away('refused')), options)
    const hopeless = untilDone(() => Promise.reject(logError('log_refused', { what: 'x', reason: 'no' })), options)
    const outcomes = Promise.allSettled([never, refused, hopeless])
    await expect(hopeless).rejects.toMatchObject({ code: 'log_refused' })
    await clock.advance(6_000)
    expect((await outcomes).map(outcome => outcome.status === 'rejected' && outcome.reason.message)).toEqual([
      'Gave up after 5 s. no answer',
      `Gave up after 5 s. ${away('refused').message}`,
      'The event log refused x: no',
    ])
  })
})
