import { type Agent, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { readTls, type WebHdfsTls } from './connection.ts'

/** Keep-alive connections to the servers of one cluster. */
export interface Agents {
  of(url: URL): Agent
  destroy(): void
}

export function createAgents(tls: WebHdfsTls, connectTimeoutMs: number): Agents {
  const plain = new HttpAgent({ keepAlive: true, timeout: connectTimeoutMs })
  const secure = new HttpsAgent({ keepAlive: true, timeout: connectTimeoutMs, ...readTls(tls) })
  return {
    of: url => (url.protocol === 'https:' ? secure : plain),
    destroy: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}
