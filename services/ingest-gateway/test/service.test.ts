import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aKey, until } from './gateway-kit.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Runs the service's own process with this environment and nothing else. */
function run(variables: Record<string, string>) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: { PATH: process.env.PATH, TMPDIR: os.tmpdir(), ...variables },
  })
  const state = { output: '', code: undefined as number | null | undefined }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      state.output += chunk
    })
  child.on('exit', code => {
    state.code = code
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return Object.assign(state, { child })
}

const ended = async (variables: Record<string, string>) => {
  const service = run(variables)
  await until('the service has ended', () => service.code !== undefined)
  return service
}

async function keysFile(): Promise<string> {
  const directory = temporaryDirectory('service')
  const file = path.join(directory, 'keys.json')
  await writeFile(file, JSON.stringify({ keys: [aKey('test')] }))
  return file
}

// A port on which nothing listens: the log is away.
const base = { MILLRACE_KAFKA_BROKERS: '127.0.0.1:1', MILLRACE_ADMIN_PORT: '0', MILLRACE_HTTP_PORT: '0' }

describe('the service', () => {
  it('names every wrong variable at once, with what was got and expected', async () => {
    const { code, output } = await ended({
      ...base,
      MILLRACE_HTTP_PORT: 'eighty',
      MILLRACE_HTTP_PROT: '8080',
      MILLRACE_MAX_BODY: '8 apples',
      MILLRACE_ACK_DEADLINE: '10',
    })
    expect(code).toBe(2)
    expect(output).toContain('MILLRACE_HTTP_PROT is not known here. Did you mean MILLRACE_HTTP_PORT?')
    expect(output).toContain('MILLRACE_HTTP_PORT is "eighty": expected a whole number from 0 to 65535.')
    expect(output).toContain('MILLRACE_MAX_BODY is "8 apples": expected a size such as')
    expect(output).toContain('MILLRACE_ACK_DEADLINE is "10": expected a duration such as')
    expect(output).toContain('MILLRACE_KEYS_FILE is missing: a value is needed.')
  })

  it('says that there is no key file and how to make one', async () => {
    const { code, output } = await ended({ ...base, MILLRACE_KEYS_FILE: '/nowhere/keys.json' })
    expect(code).toBe(1)
    expect(output).toContain('The key file /nowhere/keys.json does not exist: make one with')
  })

  it('says that its port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await until('the port is taken', () => other.listening)
    const { port } = other.address() as { port: number }
    const { code, output } = await ended({
      ...base,
      MILLRACE_KEYS_FILE: await keysFile(),
      MILLRACE_HTTP_PORT: String(port),
    })
    expect(code).toBe(1)
    expect(output).toContain(`Port ${port} on 127.0.0.1 is in use`)
  })

  it('serves without its log, answering 503, and stops cleanly on SIGTERM', async () => {
    const service = run({ ...base, MILLRACE_KEYS_FILE: await keysFile() })
    await until('it listens', () => service.output.includes('"event":"listening"'))
    const url = /"address":"(http:[^"]+)"/.exec(service.output)?.[1]
    const front = await fetch(`${url}/`)
    expect(front.status).toBe(200)
    await front.arrayBuffer()
    service.child.kill('SIGTERM')
    await until('it has ended', () => service.code !== undefined)
    expect(service.code).toBe(0)
    expect(service.output).not.toContain(aKey('test').hash)
  })
})
