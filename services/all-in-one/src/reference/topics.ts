import { columnsOf, columnTypeText, failedEventsTopic, personText, sourcesOf, type Topic } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'

const DAY_MS = 86_400_000
const RELATIONS = {
  each: ', one record per event under the same id',
  some: '',
  aggregate: ', a record holds many events',
}

/** Text that is safe in a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function sinksOf(topic: Topic): string {
  const tables = [...new Set(catalog.mappingsOf(topic.name).map(({ table }) => table.name))]
  const where = [...(topic.lake ? ['lake'] : []), ...tables.map(table => `mart table \`${table}\``)]
  return where.length > 0
    ? where.join(', ')
    : topic === failedEventsTopic
      ? 'the log alone; listed and sent again from there'
      : 'the log alone'
}

function section(contract: Topic): string {
  const fields = columnsOf(contract.schema).map(column => {
    const { name, nullable, description } = column
    return `| \`${name}\` | ${columnTypeText(column)} | ${nullable ? 'may be missing or null' : 'always'} | ${cell(description)} |`
  })
  return [
    `## ${contract.name}`,
    '',
    contract.why,
    '',
    `- key: ${contract.keyText}, event time: ${contract.timeText}`,
    `- ${contract.partitions} partitions, kept ${contract.retentionMs / DAY_MS} days (${contract.cleanup}), records up to ${contract.maxMessageBytes.toLocaleString('en-US')} bytes`,
    `- stored in: ${sinksOf(contract)}`,
    `- person: ${personText(contract.person)}`,
    ...(contract.derivedFrom
      ? [
          `- made by the ${contract.derivedFrom.by} from ${sourcesOf(contract)
            .map(({ name }) => `\`${name}\``)
            .join(', ')}${RELATIONS[contract.derivedFrom.relation]}`,
        ]
      : []),
    ...(contract.route?.browsers ? ['- pages in browsers may write it, with a browser key'] : []),
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
    ...catalog.topics.map(section),
  ].join('\n')
