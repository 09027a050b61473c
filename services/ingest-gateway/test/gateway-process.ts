import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ServiceProcess, startService } from '@millrace/testing'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { onTestFinished } from 'vitest'
import { aKey, until } from './gateway-kit.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The gateway as a process of its own, with this environment and nothing else, as soon as it listens; ended with the test. */
export async function startGatewayProcess(
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly service: ServiceProcess; readonly url: string }> {
  const directory = temporaryDirectory('gateway')
  const keysFile = path.join(directory, 'keys.json')
  await writeFile(keysFile, JSON.stringify({ keys: [aKey('test')] }))
  const service = await startService(MAIN, {
    MILLRACE_KEYS_FILE: keysFile,
    MILLRACE_HTTP_PORT: '0',
    ...variables,
  })
  onTestFinished(() => service.kill())
  const listening = () => service.lines.find(({ event }) => event === 'listening')
  await until('the gateway listens', () => listening() !== undefined)
  return { service, url: String(listening()!.address) }
}
