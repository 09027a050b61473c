import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { aKey, until } from './gateway-kit.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface GatewayProcess {
  /** What it printed so far, on both outputs. */
  readonly output: string
  /** Undefined while it runs. */
  readonly code: number | null | undefined
  readonly url: string
  kill(signal: NodeJS.Signals): void
  isReady(): Promise<boolean>
  /** What `/readyz` says is missing, by name. */
  missing(): Promise<Readonly<Record<string, string>>>
  isLive(): Promise<boolean>
  rssBytes(): Promise<number>
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function keysFile(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'millrace-gateway-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const file = path.join(directory, 'keys.json')
  await writeFile(file, JSON.stringify({ keys: [aKey('test')] }))
  return file
}

/** The service as a process of its own, with this environment and nothing else, as soon as it listens; ended with the test. */
export async function spawnGateway(variables: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const adminPort = await freePort()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
    env: {
      PATH: process.env.PATH,
      MILLRACE_KEYS_FILE: await keysFile(),
      MILLRACE_HTTP_PORT: '0',
      MILLRACE_ADMIN_PORT: String(adminPort),
      ...variables,
    },
  })
  const state = { output: '', code: undefined as number | null | undefined, url: '' }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      state.output += chunk
    })
  child.on('exit', (code, signal) => {
    state.code = code ?? (signal === null ? null : -1)
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await until('the gateway listens', () => {
    if (state.code !== undefined) throw new Error(`The gateway ended with ${state.code}:\n${state.output}`)
    return state.output.includes('"event":"listening"')
  })
  state.url = /"address":"(http:[^"]+)"/.exec(state.output)![1]!
  const admin = (page: string) => fetch(`http://127.0.0.1:${adminPort}/${page}`)
  return Object.assign(state, {
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    isReady: async () => (await admin('readyz')).status === 200,
    missing: async () => (await (await admin('readyz')).json()) as Record<string, string>,
    isLive: async () => (await admin('livez')).status === 200,
    rssBytes: async () =>
      Number(/^process_resident_memory_bytes\S* (\S+)$/m.exec(await (await admin('metrics')).text())![1]),
  })
}
