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
