declare module 'webhdfs' {
  import type { EventEmitter } from 'node:events'
  import type { Agent } from 'node:http'

  /** A running request: emits `complete` with the raw answer, or `error`. */
  export interface ClientRequest extends EventEmitter {
    abort(): void
  }
  type Done = (error: unknown) => void

  export interface Client {
    stat(path: string, done: Done): ClientRequest
    mkdir(path: string, done: Done): ClientRequest
    rename(path: string, destination: string, done: Done): ClientRequest
    unlink(path: string, done: Done): ClientRequest
  }

  const webhdfs: {
    createClient(
      options: {
        readonly protocol: string
        readonly host: string
        readonly port: number
        readonly path: string
        readonly user?: string
      },
      request: {
        readonly json: false
        readonly followRedirect: false
        readonly agent: Agent
        readonly qs?: Readonly<Record<string, string>>
      },
    ): Client
  }
  export default webhdfs
}
