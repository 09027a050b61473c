/** One server process (or container) of the stack. */
export interface ServerHandle {
  readonly name: string
  /** Ends it as kill -9 does. */
  kill(): Promise<void>
  /** Stops it from running without ending it (SIGSTOP); `thaw` lets it go on. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Starts it again with the same data and waits until it is ready. */
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

export interface StackOptions {
  /** Folder for data, logs and pid files. */
  readonly directory: string
  readonly kafkaBrokers?: 0 | 1 | 3
  readonly dataNodes?: 0 | 1 | 2 | 3
  readonly cassandra?: boolean
  /** Gets one line per thing that happens. */
  readonly onProgress?: (line: string) => void
  /** Removes what an earlier run left in the folder. */
  readonly fresh?: boolean
}

/** Real Kafka, HDFS and Cassandra on 127.0.0.1, on ports that were free. */
export interface Stack {
  readonly addresses: StackAddresses
  /** `kafka1`…, `namenode`, `datanode1`…, `cassandra`. */
  server(name: string): ServerHandle
  readonly servers: readonly ServerHandle[]
  stop(): Promise<void>
}
