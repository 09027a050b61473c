import { readFile } from 'node:fs/promises'
import { kafkaEnv } from '@millrace/event-log'
import { describe, expect, it } from 'vitest'
import { gatewayEnv } from './config.ts'
import { gatewayErrors } from './errors.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

describe('the README', () => {
  it('has the error table as it is', () => {
    const documented = [...readme.matchAll(/^\| `(\w+)` +\| (\d+) +\| (.+?) +\| (yes|no) +\|$/gm)]
    const answered = Object.entries(gatewayErrors).filter(([, { status }]) => status !== null)
    expect(documented.map(([, ...row]) => row)).toEqual(
      answered.map(([code, { status, title, retryable }]) => [code, String(status), title, retryable ? 'yes' : 'no']),
    )
    for (const [code, { status }] of Object.entries(gatewayErrors))
      if (status === null) expect(readme).toContain(`\`${code}\``)
  })

  it('has every variable of the gateway and no other', () => {
    const documented = new Set([...readme.matchAll(/`MILLRACE_(\w+)`/g)].map(([, name]) => name))
    const own = Object.keys(gatewayEnv).filter(name => !Object.hasOwn(kafkaEnv, name))
    expect([...documented].sort()).toEqual(own.sort())
  })
})
