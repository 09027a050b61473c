import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { MartTable, MartValue } from '@millrace/contracts'
import { createEmbeddedEventLog } from '@millrace/event-log'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger, systemClock } from '@millrace/runtime'
import { catalog } from '../contracts.ts'
import type { PictureSource } from '../facets.ts'

type Values = Readonly<Record<string, MartValue>>

/** Stores of their own, with every topic and table and nothing in them, and the time that pictures show. */
export async function createPictureSource(from: string, to: string) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'pictures-'))
  const logger = createLogger('test', { level: 'silent' })
  const log = await createEmbeddedEventLog({ directory: path.join(directory, 'log'), clock: systemClock, logger })
  await log.ensureTopics(catalog.topics)
  const mart = await createEmbeddedMart({ file: path.join(directory, 'mart.db') })
  await mart.ensureTables(catalog.tables)
  const source: PictureSource = { log, mart, fromMs: Date.parse(from), toMs: Date.parse(to) }
  return {
    source,
    put: (table: MartTable, ...rows: readonly Values[]) =>
      mart.upsert(
        table,
        rows.map(values => ({ values, writeTimeMicros: 1 })),
      ),
    async append(
      topic: string,
      ...records: readonly { readonly key: string; readonly value: object }[]
    ): Promise<void> {
      const producer = await log.producer({ clientId: 'test' })
      const outgoing = records.map(({ key, value }) => ({
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify(value)),
        timestampMs: source.toMs,
      }))
      const results = await producer.append(topic, outgoing, { deadlineMs: 30_000 })
      await producer.close()
      const failed = results.find(({ ok }) => !ok)
      if (failed) throw new Error(`A record was not stored: ${JSON.stringify(failed)}`)
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await mart.close()
      await log.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** What a picture drew. @throws Error with the reason where it drew nothing */
export async function drawn<T>(result: Promise<T | string>): Promise<T> {
  const figure = await result
  if (typeof figure === 'string') throw new Error(`Nothing was drawn: ${figure}`)
  return figure
}
