import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

let instance: Promise<DuckDBInstance> | undefined

// One engine per process, for all partitions: it only converts files, so it keeps no state.
const engine = (): Promise<DuckDBInstance> => {
  instance ??= DuckDBInstance.create(':memory:', {
    memory_limit: '384MB',
    // The caller's thread. Two files at a time need less memory than one file with two threads, and take as long.
    threads: '1',
    // By default up to 128 MB per thread stay with DuckDB's allocator between statements.
    allocator_flush_threshold: '16MB',
    allocator_bulk_deallocation_flush_threshold: '16MB',
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  return instance
}

/** A connection to the engine; the caller closes it. */
export const connect = async (): Promise<DuckDBConnection> => (await engine()).connect()

export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`
