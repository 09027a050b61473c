import { catalog } from '@millrace/domains/contracts'
import { describe, expect, it } from 'vitest'
import { cqlName } from '../src/cql.ts'
import { keyspaceCql, tableCql } from '../src/index.ts'
import { readings, totals } from './sample-tables.ts'

describe('CQL of a table', () => {
  it('names key, order, types, static columns and description', () => {
    expect(tableCql(readings)).toBe(`CREATE TABLE IF NOT EXISTS readings (
  site text,
  day int,
  at timestamp,
  id text,
  note text,
  level double,
  count int,
  total bigint,
  seen_at timestamp,
  ok boolean,
  owner text static,
  height double static,
  PRIMARY KEY ((site, day), at, id)
) WITH CLUSTERING ORDER BY (at DESC, id ASC)
  AND comment = 'A table with every type; it''s only for tests.'`)
  })

  it('does without an order where there are no clustering columns, and quotes reserved words', () => {
    expect(tableCql(totals, 'Mine')).toBe(`CREATE TABLE IF NOT EXISTS "Mine".totals (
  name text,
  "from" timestamp,
  total bigint,
  PRIMARY KEY ((name))
) WITH comment = 'Totals by name.'`)
  })

  it('puts copies per data center into the keyspace', () => {
    expect(keyspaceCql('millrace', { dc1: 3, dc2: 2 })).toBe(
      "CREATE KEYSPACE IF NOT EXISTS millrace WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}",
    )
  })

  it('can be made of every table of the contracts', () => {
    for (const table of catalog.tables) {
      const cql = tableCql(table)
      for (const column of Object.keys(table.columns)) expect(cql).toContain(`\n  ${cqlName(column)} `)
      expect(cql).toContain(`PRIMARY KEY ((${table.partitionKey.join(', ')})`)
    }
  })
})
