import { domainsEnv } from '@millrace/domains/contracts'
import { kafkaEnv } from '@millrace/event-log'
import { serviceEnv } from '@millrace/runtime'

/** Environment of the profiler; every name has the prefix MILLRACE_. */
export const profilerEnv = { ...serviceEnv, ...kafkaEnv, ...domainsEnv } as const
