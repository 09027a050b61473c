import { Counter, Gauge, type ServiceMetrics } from '@millrace/runtime'

/** The core metrics of every service and those that only a gateway has. Labels are statuses, codes and topics of the contracts, never text of a client. */
export interface GatewayMetrics extends ServiceMetrics {
  readonly requests: Counter<'code'>
  readonly refusals: Counter<'of' | 'code'>
  readonly bodyBytes: Counter
  readonly connectionsDropped: Counter
  readonly keyRecords: Counter<'key'>
  readonly quotaRefusals: Counter<'key'>
}

/** Adds the gateway's own metrics to the registry of `core`. */
export function createGatewayMetrics(
  core: ServiceMetrics,
  sources: {
    readonly connections: () => number
    readonly keysProblem: () => string | null
    readonly inFlightLimitBytes: number
  },
): GatewayMetrics {
  const registers = [core.registry]
  const name = (rest: string): string => `millrace_ingest_gateway_${rest}`
  new Gauge({
    name: name('connections'),
    help: 'Open client connections',
    registers,
    collect() {
      this.set(sources.connections())
    },
  })
  new Gauge({
    name: name('keys_file_broken'),
    help: '1 while the key file cannot be used and the last good one is in force',
    registers,
    collect() {
      this.set(sources.keysProblem() === null ? 0 : 1)
    },
  })
  new Gauge({
    name: name('in_flight_limit_bytes'),
    help: 'Limit of the bytes in flight; requests beyond it are refused',
    registers,
  }).set(sources.inFlightLimitBytes)
  return {
    ...core,
    requests: new Counter({ name: name('requests_total'), help: 'Answers by status', labelNames: ['code'], registers }),
    refusals: new Counter({
      name: name('refusals_total'),
      help: 'Whole requests and single records that were refused, by code of the error table',
      labelNames: ['of', 'code'],
      registers,
    }),
    bodyBytes: new Counter({ name: name('body_bytes_total'), help: 'Bytes of bodies after decompression', registers }),
    connectionsDropped: new Counter({
      name: name('connections_dropped_total'),
      help: 'Connections that were refused because there were too many',
      registers,
    }),
    keyRecords: new Counter({
      name: name('key_records_total'),
      help: 'Records that came with each API key, by its id',
      labelNames: ['key'],
      registers,
    }),
    quotaRefusals: new Counter({
      name: name('quota_refusals_total'),
      help: 'Requests that were refused because the quota of their API key was used up, by its id',
      labelNames: ['key'],
      registers,
    }),
  }
}

const MAX_KEY_LABELS = 100

/** Makes labels of API keys' ids; beyond the first hundred of a process they share one, which bounds the number of series. */
export function createKeyLabels(): (keyId: string) => { readonly key: string } {
  const known = new Set<string>()
  return keyId => {
    if (known.size < MAX_KEY_LABELS) known.add(keyId)
    return { key: known.has(keyId) ? keyId : 'other' }
  }
}
