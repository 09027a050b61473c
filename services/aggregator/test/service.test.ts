import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { findFreePorts, waitUntil } from '@millrace/testing'
import { expect, it, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

it('counts what its joins and its windows do', async () => {
  const [port, brokers] = await findFreePorts(2, [])
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      ...{ PATH: process.env.PATH, TMPDIR: os.tmpdir() },
      ...{ MILLRACE_ADMIN_PORT: String(port), MILLRACE_KAFKA_BROKERS: `127.0.0.1:${brokers}` },
    },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let metrics = ''
  await waitUntil(
    async () => {
      metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      return true
    },
    { what: 'the metrics of the aggregator', deadlineMs: 60_000 },
  )
  for (const name of [
    'join_missing_rows_total',
    'join_healed_total',
    'join_given_up_total',
    'join_waiting_records',
    'state_keys',
  ])
    expect(metrics).toContain(`# HELP millrace_aggregator_${name} `)
})
