import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const martErrors = {
  invalid_row: {
    message: '{table}: {column} is {got}, expected {expected}.',
    retryable: false,
    kind: 'input',
  },
  row_refused: {
    message: '{table}: the mart at {where} refuses a row: {reason}',
    retryable: false,
    kind: 'input',
  },
  mart_unavailable: {
    message: 'The mart at {where} cannot be reached: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_timeout: {
    message: 'The mart at {where} did not answer in time; the rows may still be written: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_overloaded: {
    message: 'The mart at {where} takes no more work now: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_locked: {
    message: 'The mart in {where} is locked by another program that writes to it: end its transaction.',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_disk_full: {
    message: 'No space left for the mart in {where}: free some, the writer goes on by itself.',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_io_failed: {
    message: 'The disk failed under the mart in {where}: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  mart_unusable: {
    message: 'The file {where} cannot be used as a mart: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  login_refused: {
    message:
      'The mart at {where} refuses to let {user} in: check MILLRACE_CASSANDRA_USERNAME and MILLRACE_CASSANDRA_PASSWORD. {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  not_permitted: {
    message: 'The mart at {where} does not permit this: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  certificate_refused: {
    message:
      'The certificate of the mart at {where} is not trusted: check MILLRACE_CASSANDRA_CA_FILE and MILLRACE_CASSANDRA_TLS_SERVER_NAME. {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  wrong_data_center: {
    message:
      'The mart at {where} has no node in the local data center: check MILLRACE_CASSANDRA_LOCAL_DATA_CENTER. {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  table_differs: {
    message:
      'Table {table} in {where} has {found}, but the contract says {wanted}. A stored table cannot be changed so: rename it or drop it, and replay its topics.',
    retryable: false,
    kind: 'infrastructure',
  },
  keyspace_missing: {
    message:
      'There is no keyspace at {where}, and it is not to be created here: create it, or set MILLRACE_CASSANDRA_CREATE_KEYSPACE to true.',
    retryable: false,
    kind: 'infrastructure',
  },
  unknown_table: {
    message: 'There is no table {table} in {where}: create the tables first.',
    retryable: false,
    kind: 'infrastructure',
  },
  statement_refused: {
    message: 'The mart at {where} refuses a statement: {reason}',
    retryable: false,
    kind: 'internal',
  },
  mart_closed: { message: 'The mart at {where} was closed.', retryable: false, kind: 'internal' },
} as const satisfies ErrorTable

export const martError = errorFactory('MartError', martErrors)
