import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { catalog } from '@millrace/domains/contracts'
import { createEmbeddedMart } from '@millrace/mart'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { beforeAll, expect, it } from 'vitest'

const TABLE = 'antenna_usage_hourly'
const directory = temporaryDirectory('mart-where')
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

beforeAll(async () => {
  mkdirSync(path.join(directory, 'log'))
  const mart = createEmbeddedMart({ file: path.join(directory, 'mart.db') })
  const table = catalog.table(TABLE)
  await mart.ensureTables([table])
  const hours = [11, 16].map(hour => Date.UTC(2024, 2, 24, hour))
  await mart.upsert(
    table,
    hours.map(hour => ({ values: { hour, id: 'device' }, writeTimeMicros: 1 })),
  )
  await mart.close()
})

it.each(['2024-03-24T11:00:00', '2024-03-24 11:00:00z', '2024-03-24T06:00:00-05:00'])(
  'an instant without a zone is UTC wherever the command runs: %s',
  async hour => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [MAIN, 'mart', TABLE, '--data', directory, '--format', 'json', '--where', `hour=${hour}`],
      { env: { ...process.env, TZ: 'America/Lima' } },
    )
    expect(JSON.parse(stdout)).toMatchObject({ hour: '2024-03-24T11:00:00.000Z' })
  },
)
