import {
  columnsOf,
  dataFileName,
  hourFolder,
  isPublishedOnce,
  lakeManifest,
  manifestPath,
  quarantineFolder,
} from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { z } from 'zod'
import { cell } from './topics.ts'

/** The reference page of the lake's layout. */
export function lakePage(): string {
  const hour = Date.UTC(2024, 2, 24, 11)
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
    `| data file: topic, UTC day and hour of event time; partition, first and last offset | \`${hourFolder('lol.raw', hour)}/${dataFileName(3, 1200, 4711, 'parquet')}\` |`,
    `| the same as NDJSON | \`${hourFolder('lol.raw', hour)}/${dataFileName(3, 1200, 4711, 'ndjson.zst')}\` |`,
    `| records whose event time cannot be believed | \`${quarantineFolder('lol.raw')}/${dataFileName(3, 1200, 4711, 'parquet')}\` |`,
    `| manifest: claims the range that starts at its offset | \`${manifestPath('lol.raw', 3, 1200)}\` |`,
    '',
    'List data folders freely: a file that is there stays. Files below `_tmp` are not data.',
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
    '`_topic`, `_partition`, `_offset` and `_timestamp` (time of sending) say where a row comes from.',
    '',
    ...catalog.topics
      .filter(contract => contract.lake)
      .flatMap(contract => [
        `- \`${contract.name}\`: ${columnsOf(contract.schema)
          .map(({ name, type }) => `\`${name}\` ${type}`)
          .join(', ')}`,
      ]),
    '',
  ].join('\n')
}
