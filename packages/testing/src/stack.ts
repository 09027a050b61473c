/** One server process (or container) of the stack. */
export interface ServerHandle {
  readonly name: string
  /** Ends it as kill -9 does. */
  kill(): Promise<void>
  /** Stops it from running without ending it (SIGSTOP); `thaw` lets it go on. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Starts it again with the same data and waits until it is ready; one that runs is killed first. */
  restart(): Promise<void>
}

export interface StackAddresses {
  readonly kafka: { readonly brokers: readonly string[] } | null
  readonly hdfs: { readonly nameNodes: readonly string[]; readonly user: string } | null
  readonly cassandra: {
    readonly contactPoints: readonly string[]
    readonly port: number
    readonly localDataCenter: string
  } | null
}

/** How servers are run: in containers of the official images, or as Java processes from their published artifacts. */
export type StackWay = 'docker' | 'java'

export interface StackOptions {
  /** Folder for data, logs and pid files. */
  readonly directory: string
  readonly kafkaBrokers?: 0 | 1 | 3
  readonly dataNodes?: 0 | 1 | 2 | 3
  /** `with-login` asks for a name and password, see `CASSANDRA_LOGIN`, and checks permissions. */
  readonly cassandra?: boolean | 'with-login'
  /** Gets one line per thing that happens. */
  readonly onProgress?: (line: string) => void
  /** Removes what an earlier run left in the folder. */
  readonly fresh?: boolean
  /** The servers outlive this process; otherwise they end with it, however it ends. */
  readonly detached?: boolean
  /** Gives up a start that is under way and ends what it started. */
  readonly signal?: AbortSignal
  /**
   * Java compiles less: servers start with half the work and then run slower. Default true; false is for measurements.
   */
  readonly quickStart?: boolean
  /** Default: Docker where an engine has or can pull the images, else Java. */
  readonly way?: StackWay
}

/**
 * A way into one broker that leads past a place where a proxy may stand. Kafka sends its clients on to the addresses that
 * brokers advertise; who bootstraps by the `listen` addresses is sent to `listen` addresses only.
 */
export interface KafkaDetour {
  /** `host:port` that is advertised and that nobody listens on but a proxy that the test makes. */
  readonly listen: string
  /** `host:port` that the proxy must lead to. */
  readonly target: string
}

/** The brokers' listener with TLS and SASL (PLAIN, SCRAM-SHA-512). */
export interface SecureKafka {
  readonly brokers: readonly string[]
  readonly username: string
  readonly password: string
  /** PEM of who vouches for the brokers. */
  readonly authorityFile: string
}

/** Real Kafka, HDFS and Cassandra on 127.0.0.1, on ports that were free. */
export interface Stack {
  readonly directory: string
  readonly way: StackWay
  /** Whether it outlives the process that started it. */
  readonly detached: boolean
  readonly addresses: StackAddresses
  /** One per broker, in the order of `addresses.kafka.brokers`. */
  readonly kafkaDetours: readonly KafkaDetour[]
  readonly kafkaSecure: SecureKafka
  /** `kafka1`…, `namenode`, `datanode1`…, `cassandra`. */
  server(name: string): ServerHandle
  readonly servers: readonly ServerHandle[]
  /** Ends the servers in good order, within seconds; data stays. */
  stop(options?: StopOptions): Promise<void>
}

export interface StopOptions {
  /** 0 ends the servers as kill -9 does, which they survive. */
  readonly graceMs?: number
  /** Removes what they stored: data of containers is in volumes, which outlive the folder. */
  readonly removeData?: boolean
}

/** What is known of one server now. */
export interface ServerDescription {
  readonly name: string
  readonly state: 'running' | 'frozen' | 'gone'
  /** Whether it answers as a ready server does. */
  readonly ready: boolean
  readonly address: string
  readonly pid: number | null
  readonly rssBytes: number
  /** A file, or the command that shows the log of a container. */
  readonly log: string
}

export interface StackDescription {
  readonly directory: string
  readonly way: StackWay
  /** ISO time of the start. */
  readonly startedAt: string
  readonly addresses: StackAddresses
  readonly servers: readonly ServerDescription[]
}
