import type { ServiceMetrics } from '@millrace/runtime'

const nothing = (): void => {}
const metric = new Proxy({}, { get: (_target, name) => (name === 'startTimer' ? () => nothing : nothing) })

/** Metrics that count nothing. */
export const silentMetrics = new Proxy({} as ServiceMetrics, { get: () => metric })
