import { columnsOf, dataFileName, hourFolder, lakeManifest, manifestPath, quarantineFolder } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { z } from 'zod'
import { cell } from './topics.ts'

/** The reference page of the lake's layout. */
export function lakePage(): string {
  const hour = Date.UTC(2024, 2, 24, 11)
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
