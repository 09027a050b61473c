const MIB = 1 << 20

/** Limits of a gateway; all have defaults. */
export interface GatewayOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Gateways that share the quotas. */
  readonly replicas: number
  /** Time for the log to confirm; the answer comes at most half a second later. */
  readonly ackDeadlineMs: number
  readonly maxRecords: number
  /** Most bytes of a body as sent. */
  readonly maxBodyBytes: number
  /** Most bytes of a body after decompression. */
  readonly maxDecodedBytes: number
  /** Most bytes in flight: decompressed bodies, memory of decoders, failed events and answers. */
  readonly inFlightBytes: number
  /** Time for a whole request to arrive, headers included. */
  readonly requestTimeoutMs: number
  /** How often connections are checked for that, ms. */
  readonly timeoutCheckMs: number
  /** A connection on which nothing moves for so long is closed, also when the client does not take its answer. */
  readonly idleTimeoutMs: number
  readonly maxConnections: number
}

export const defaultOptions: GatewayOptions = {
  host: '127.0.0.1',
  port: 8080,
  replicas: 1,
  ackDeadlineMs: 10_000,
  maxRecords: 10_000,
  maxBodyBytes: 8 * MIB,
  maxDecodedBytes: 32 * MIB,
  inFlightBytes: 128 * MIB,
  requestTimeoutMs: 30_000,
  timeoutCheckMs: 1_000,
  idleTimeoutMs: 75_000,
  maxConnections: 2_000,
}
