import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventRequests } from './gateway.ts'
import { HttpLoad } from './http-load.ts'

const SERVER = fileURLToPath(new URL('echo-server.ts', import.meta.url))

/** Load for a bare node:http in a process of its own, which echoes events, one a request, after `waitMs`. */
export async function echoLoad(connections: number, waitMs = 0) {
  const server = fork(SERVER, [String(waitMs)], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  const [port] = (await once(server, 'message')) as [number]
  return {
    load: new HttpLoad([port], eventRequests('no key is needed', 5_000, 1), connections),
    async close(): Promise<void> {
      server.disconnect()
      await once(server, 'exit')
    },
  }
}
