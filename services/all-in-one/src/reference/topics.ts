import { columnsOf, type Topic, topicContract, topicNames } from '@millrace/contracts'

const DAY_MS = 86_400_000

/** Text that is safe in a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function sinksOf({ sinks, name }: Topic): string {
  const where = [...(sinks.lake ? ['lake'] : []), ...sinks.mart.map(table => `mart table \`${table}\``)]
  return where.length > 0
    ? where.join(', ')
    : name === 'failed-events'
      ? 'the log alone; listed and sent again from there'
      : 'the log alone'
}

function section(contract: Topic): string {
  const fields = columnsOf(contract.schema).map(
    ({ name, type, nullable, description }) =>
      `| \`${name}\` | ${type} | ${nullable ? 'may be missing or null' : 'always'} | ${cell(description)} |`,
  )
  return [
    `## ${contract.name}`,
    '',
    contract.why,
    '',
    `- key: \`${contract.key}\`, event time: \`${contract.eventTime}\``,
    `- ${contract.partitions} partitions, kept ${contract.retentionMs / DAY_MS} days (${contract.cleanup}), records up to ${contract.maxMessageBytes.toLocaleString('en-US')} bytes`,
    `- stored in: ${sinksOf(contract)}`,
    ...(contract.derivedFrom
      ? [
          `- made by the ${contract.derivedFrom.by} from \`${contract.derivedFrom.topic}\`${contract.derivedFrom.everyEvent ? ', one record per event under the same id' : ''}`,
        ]
      : []),
    `- JSON Schema: [schemas/${contract.name}.json](schemas/${contract.name}.json)`,
    '',
    '| field | type | present | meaning |',
    '|---|---|---|---|',
    ...fields,
    '',
  ].join('\n')
}

/** The reference page of all topics. */
export const topicsPage = (): string =>
  [
    '# Topics',
    '',
    "Every record is JSON under the UTF-8 bytes of its key; the record's timestamp is the time of sending. Unknown fields are kept.",
    '',
    ...topicNames.map(topicContract).map(section),
  ].join('\n')
