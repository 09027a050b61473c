import {
  columnsOf,
  columnTypeText,
  dataFileName,
  erasedFilePath,
  isPublishedOnce,
  type LakeFormat,
  lakeManifest,
  manifestPath,
  periodFolder,
  quarantineFolder,
  revisedManifestPath,
} from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { z } from 'zod'
import { cell } from './topics.ts'

/** The reference page of the lake's layout. */
export function lakePage(): string {
  const startMs = Date.UTC(2024, 2, 24, 11)
  const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  const erasedSha256 = '01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b'
  const fileName = (format: LakeFormat): string =>
    dataFileName({ partition: 3, first: 1200, last: 4711, format, sha256 })
  const pathOf = (format: LakeFormat): string => `${periodFolder('lol.raw', format, startMs)}/${fileName(format)}`
  const example = (format: LakeFormat): string => `\`${pathOf(format)}\``
  const once = catalog.topics.filter(topic => topic.lake && isPublishedOnce(topic)).map(({ name }) => name)
  const manifestFields = z.toJSONSchema(lakeManifest) as {
    properties: Record<string, { type?: string; description?: string }>
  }
  return [
    '# Lake layout',
    '',
    'Paths below the root of the lake (`MILLRACE_LAKE_ROOT`, or a directory in embedded mode).',
    '',
    '| what | example |',
    '|---|---|',
    `| data file, \`parquet\`: topic, UTC day and hour of event time; partition, first and last offset | ${example('parquet')} |`,
    `| the same, \`ndjson.zst\` | ${example('ndjson.zst')} |`,
    `| the same, \`daily-ndjson\`: topic, UTC day of event time; partition, first and last offset, SHA-256 of the content | ${example('daily-ndjson')} |`,
    `| records whose event time cannot be believed | \`${quarantineFolder('lol.raw')}/${fileName('parquet')}\` |`,
    `| manifest: claims the range that starts at its offset | \`${manifestPath('lol.raw', 3, 1200)}\` |`,
    `| manifest after rows were erased: takes the place of the one before | \`${revisedManifestPath('lol.raw', 3, 1200, 1)}\` |`,
    ...(['parquet', 'daily-ndjson'] as const).map(
      format =>
        `| data file after rows were erased, \`${format}\` | \`${erasedFilePath(pathOf(format), { revision: 1, sha256: erasedSha256 })}\` |`,
    ),
    '| receipt of the erasure of a person | `_erasures/20240324T110000Z-1f3c9a0e/complete.json` |',
    '',
    'List data folders freely: a file that is there stays, unless a person is [erased](../guides/erasure.md): then files are replaced, and for a moment old and new ones are there. Files below `_tmp` are not data.',
    '',
    'A range has one manifest, and one more for each erasure that removed rows from it. The one with the highest revision counts. `rows` and the erased offsets together are the rows that were archived.',
    '',
    '## Formats',
    '',
    '`MILLRACE_LAKE_FORMAT` of the archiver chooses the format, and `MILLRACE_LAKE_TOPIC_FORMAT` that of some topics (`lol.raw=daily-ndjson`). The format can be changed at any time: it holds for new ranges, and a topic may have files of several formats.',
    '',
    '| format | a file holds | content |',
    '|---|---|---|',
    '| `parquet` | an hour | typed columns (see below), zstd |',
    '| `ndjson.zst` | an hour | the bytes of one record per line, zstd |',
    '| `daily-ndjson` | a day | the bytes of one record per line, not compressed |',
    '',
    '`daily-ndjson` is for programs that read plain text files and for files that must be verifiable by themselves. A file has at least 100 records where the traffic allows it: the archiver closes a range of age `MILLRACE_SEGMENT_MAX_AGE` only when each of its files has `MILLRACE_SEGMENT_MIN_FILE_ROWS` rows, or when it is as old as `MILLRACE_SEGMENT_MAX_WAIT`. Files are smaller than that where less traffic came in this time, where a few late events belong to an earlier day, and where the archiver stopped or reached another limit of a segment. `sha256sum` of a file gives the hash in its name; `millrace reconcile` compares both with the manifest and reports a difference as a damaged file.',
    '',
    'All records of a day, in DuckDB:',
    '',
    '```sql',
    "SELECT count(*), min(datetime), max(datetime) FROM read_json_auto('lake/lol.raw/date=2024-03-24/*.ndjson', union_by_name = true)",
    '```',
    '',
    'In Spark: `spark.read.json("lake/lol.raw/date=2024-03-24/*.ndjson")`.',
    '',
    '## Manifest',
    '',
    '| field | meaning |',
    '|---|---|',
    ...Object.entries(manifestFields.properties).map(
      ([name, field]) => `| \`${name}\` | ${cell(field.description ?? field.type ?? '')} |`,
    ),
    '',
    '## One row for each event',
    '',
    'The lake has one row for each record of a topic, and a topic may have several records with one event id:',
    '',
    '- A topic that clients write has a record for each time that an event was sent. A client that got no answer sends again.',
    `- ${once.map(name => `\`${name}\``).join(', ')}: each event id is published once, also after a process was killed. There are two exceptions: an event that a client sent again so much later that its id is no longer remembered (minutes by event time, at most an hour), and a process that was cut off from Kafka for longer than its session while it published.`,
    '- In other derived topics, the record with the highest `revision` counts.',
    '',
    'So a query takes one row for each event id, for example in DuckDB:',
    '',
    '```sql',
    "SELECT * FROM read_parquet('lake/lol.raw/**/*.parquet', hive_partitioning = false)",
    'QUALIFY row_number() OVER (PARTITION BY eventId ORDER BY _partition, _offset) = 1',
    '```',
    '',
    'In Spark: `dropDuplicates(["eventId"])`. `millrace reconcile` shows for each topic how many records repeat an id, in the column `repeats`.',
    '',
    '## Parquet columns',
    '',
    'Typed by the contract. `extra` holds unknown fields as JSON, as they were sent, and the values that a typed column cannot hold exactly: a number of more digits than a double has (`9007199254740993`, `0.1234567890123456789`), a text in a column of numbers. In such a row the typed column is null. A number of equal value is in its column however it was written (`1.0`, `1e0`).',
    '',
    'A list is a column of structs (Parquet LIST of STRUCT), whose fields name what each number of a row is; in the events a row is an array of these numbers. In DuckDB: `SELECT eventId, unnest(path, recursive := true) FROM …`, in Spark: `select("eventId", explode("path"))`. Rows that are not as the contract says are in `extra`. Files that were written before a column was added do not have it: read them with `union_by_name = true` in DuckDB, with `mergeSchema` in Spark.',
    '',
    '`_topic`, `_partition`, `_offset` and `_timestamp` (time of sending) say where a row comes from.',
    '',
    ...catalog.topics
      .filter(contract => contract.lake)
      .flatMap(contract => [
        `- \`${contract.name}\`: ${columnsOf(contract.schema)
          .map(column => `\`${column.name}\` ${columnTypeText(column)}`)
          .join(', ')}`,
      ]),
    '',
  ].join('\n')
}
