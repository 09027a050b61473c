const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** The header when it is a valid W3C traceparent, else undefined: an invalid one is dropped, as the recommendation says. */
export const validTraceParent = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' && TRACE_PARENT.test(header) ? header : undefined
