import { checkServerIdentity } from 'node:tls'
import { type Clock, closeSoon, isRetryable, type Logger, WaitReasons } from '@millrace/runtime'
import { Client, policies, types } from 'cassandra-driver'
import { toMartError } from './cassandra-errors.ts'
import { martError } from './errors.ts'
import type { MartRetention } from './retention.ts'

const RETRY_CONNECT_MS = 1000
const RECONNECT_MS = 1000

export interface CassandraOptions {
  /** Host names or addresses, each may carry its own `:port`. */
  readonly contactPoints: readonly string[]
  readonly port: number
  readonly localDataCenter: string
  readonly keyspace: string
  /** False: a keyspace that is missing is refused with `keyspace_missing`, not created. */
  readonly createKeyspace?: boolean
  /** Copies per data center of a keyspace that has to be created; one in the local data center where left out. */
  readonly replication?: Readonly<Record<string, number>>
  readonly credentials?: { readonly username: string; readonly password: { reveal(): string } }
  /** PEM texts; the server's certificate is always verified. `serverName` is the name it must carry instead of the address. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly serverName?: string
  }
  /** A request without an answer for this long counts as failed. */
  readonly requestTimeoutMs?: number
  /** How long the first connection may take, so that a Cassandra that is still starting is waited for. */
  readonly startTimeoutMs?: number
  /** Most write requests in flight at once. */
  readonly maxInFlight?: number
  /** How long rows are kept. */
  readonly retention?: MartRetention
  readonly clock: Clock
  readonly logger: Logger
}

export interface CassandraConnection {
  readonly location: string
  /** The connected client; the first call connects, and waits for a server that is not there yet. */
  client(): Promise<Client>
  /** What an error of the driver means. */
  explain(error: unknown, table?: string): unknown
  close(): Promise<void>
}

const sslOptions = (tls: NonNullable<CassandraOptions['tls']>) => ({
  // The driver's own default accepts any certificate.
  rejectUnauthorized: true,
  ...(tls.ca === undefined ? {} : { ca: tls.ca }),
  ...(tls.cert === undefined ? {} : { cert: tls.cert }),
  ...(tls.key === undefined ? {} : { key: tls.key }),
  ...(tls.serverName === undefined
    ? {}
    : {
        servername: tls.serverName,
        checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
          checkServerIdentity(tls.serverName!, certificate),
      }),
})

function createClient(options: CassandraOptions): Client {
  const { credentials, tls, requestTimeoutMs = 10_000 } = options
  return new Client({
    contactPoints: [...options.contactPoints],
    localDataCenter: options.localDataCenter,
    protocolOptions: { port: options.port },
    ...(credentials
      ? { credentials: { username: credentials.username, password: credentials.password.reveal() } }
      : {}),
    ...(tls ? { sslOptions: sslOptions(tls) } : {}),
    queryOptions: { prepare: true, isIdempotent: true, consistency: types.consistencies.localQuorum },
    socketOptions: { readTimeout: requestTimeoutMs, connectTimeout: Math.min(5000, requestTimeoutMs) },
    // The driver's default waits up to ten minutes before it looks again for a node that was away.
    policies: { reconnection: new policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS) },
    monitorReporting: { enabled: false },
  })
}

/** Ends a client whose connecting failed; the driver forgets a connection that it refused after it was made. */
async function discard(client: Client): Promise<void> {
  await client.shutdown()
  const { controlConnection } = client as unknown as {
    controlConnection?: { connection?: { close(callback: () => void): void } | null }
  }
  controlConnection?.connection?.close(() => {})
}

/** A connection that is made at its first use and kept until `close`. */
export function createCassandraConnection(options: CassandraOptions): CassandraConnection {
  const { clock, logger, startTimeoutMs = 120_000 } = options
  const location = `cassandra://${options.contactPoints.join(',')}:${options.port}/${options.keyspace}`
  const closing = new AbortController()
  let connecting: Promise<Client> | undefined

  const explain = (error: unknown, table?: string): unknown =>
    toMartError(error, {
      where: location,
      user: options.credentials?.username,
      ...(table === undefined ? {} : { table }),
    })

  async function connect(): Promise<Client> {
    const giveUpAtMs = clock.now() + startTimeoutMs
    const reasons = new WaitReasons(reason => logger.warn({ reason }, 'mart_not_ready'))
    for (;;) {
      const client = createClient(options)
      try {
        await client.connect()
        client.on('hostDown', host => logger.warn({ host: host.address }, 'mart_host_down'))
        client.on('hostUp', host => logger.info({ host: host.address }, 'mart_host_up'))
        return client
      } catch (error) {
        await discard(client)
        const meant = explain(error)
        if (closing.signal.aborted) throw martError('mart_closed', { where: location })
        if (!isRetryable(meant) || clock.now() + RETRY_CONNECT_MS > giveUpAtMs) throw meant
        reasons.say((meant as Error).message)
        await clock.sleep(RETRY_CONNECT_MS, closing.signal)
      }
    }
  }

  return {
    location,
    explain,
    client() {
      if (closing.signal.aborted) return Promise.reject(martError('mart_closed', { where: location }))
      connecting ??= connect().catch(error => {
        connecting = undefined
        throw error
      })
      return connecting
    },
    async close() {
      closing.abort(martError('mart_closed', { where: location }))
      const shutDown = async (): Promise<void> => {
        const client = await connecting?.catch(() => undefined)
        await client?.shutdown()
      }
      await closeSoon(shutDown(), clock)
    },
  }
}
