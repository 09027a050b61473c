import type { MartTable } from '@millrace/contracts'

/** A table with every type, a descending order and static columns. */
export const readings = {
  name: 'readings',
  description: "A table with every type; it's only for tests.",
  partitionKey: ['site', 'day'],
  clusteringKey: [
    { column: 'at', order: 'desc' },
    { column: 'id', order: 'asc' },
  ],
  columns: {
    site: { type: 'text', description: '' },
    day: { type: 'int', description: '' },
    at: { type: 'timestamp', description: '' },
    id: { type: 'text', description: '' },
    note: { type: 'text', description: '' },
    level: { type: 'double', description: '' },
    count: { type: 'int', description: '' },
    total: { type: 'bigint', description: '' },
    seen_at: { type: 'timestamp', description: '' },
    ok: { type: 'boolean', description: '' },
    owner: { type: 'text', description: '', static: true },
    height: { type: 'double', description: '', static: true },
  },
} as const satisfies MartTable

/** A table whose rows are in the order of a text. */
export const entries = {
  name: 'entries',
  description: 'Entries of a book by their title.',
  partitionKey: ['book'],
  clusteringKey: [{ column: 'title', order: 'asc' }],
  columns: {
    book: { type: 'text', description: '' },
    title: { type: 'text', description: '' },
  },
} as const satisfies MartTable

/** A table with a single text key, no order and a reserved word for a name. */
export const totals = {
  name: 'totals',
  description: 'Totals by name.',
  partitionKey: ['name'],
  clusteringKey: [],
  columns: {
    name: { type: 'text', description: '' },
    from: { type: 'timestamp', description: '' },
    total: { type: 'bigint', description: '' },
  },
} as const satisfies MartTable

/** A table whose rows have the time of a column of instants. */
export const visits = {
  name: 'visits',
  description: 'Visits of a site, the newest first.',
  partitionKey: ['site'],
  clusteringKey: [
    { column: 'at', order: 'desc' },
    { column: 'id', order: 'asc' },
  ],
  rowTime: 'at',
  columns: {
    site: { type: 'text', description: '' },
    at: { type: 'timestamp', description: '' },
    id: { type: 'text', description: '' },
    note: { type: 'text', description: '' },
  },
} as const satisfies MartTable

/** A table whose rows, and what its partitions have once, end with a day. */
export const shifts = {
  name: 'shifts',
  description: 'Who worked at a site on a day.',
  partitionKey: ['site', 'day'],
  clusteringKey: [{ column: 'id', order: 'asc' }],
  rowTime: 'day',
  columns: {
    site: { type: 'text', description: '' },
    day: { type: 'text', description: '' },
    id: { type: 'text', description: '' },
    note: { type: 'text', description: '' },
    owner: { type: 'text', description: '', static: true },
  },
} as const satisfies MartTable
