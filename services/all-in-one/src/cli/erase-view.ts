import { type Catalog, personText } from '@millrace/contracts'
import type { EraseResult } from '../erasure/erase.ts'
import { formatTable } from './terminal.ts'

interface EraseView {
  readonly account: string
  readonly catalog: Catalog
  /** ms since the epoch. */
  readonly now: number
  readonly isEmbedded: boolean
}

const count = (number: number, what: string): string =>
  `${number.toLocaleString('en-US')} ${what}${number === 1 ? '' : 's'}`

/** What an erasure did, for people. */
export function eraseLines({ receipt, path, resumed }: EraseResult, view: EraseView): string[] {
  const { account, catalog, now, isEmbedded } = view
  const isDry = path === null
  const lake = Object.entries(receipt.lake).filter(([, { records }]) => records > 0)
  const mart = Object.entries(receipt.mart).filter(([, { rows, kept }]) => rows + kept > 0)
  const log = Object.entries(receipt.log).filter(([, { records }]) => records > 0)
  const later = Object.entries(receipt.log).filter(([, { later }]) => later > 0)
  const nothing = lake.length + mart.length + log.length === 0
  const verb = isDry ? 'would be removed' : 'removed'
  const kinds = [...new Set(receipt.identifiers.map(({ kind }) => kind))]
  return [
    ...(resumed
      ? [`An erasure that was broken off (begun ${receipt.begunAt}) is complete now. Run it again for what came since.`]
      : []),
    ...(nothing
      ? [`Nothing of the ${receipt.person.kind} ${account} is in ${receipt.domains.join(', ')}.`]
      : [
          `${isDry ? 'Dry run: nothing is changed. ' : ''}The ${receipt.person.kind} ${account}, with ${count(receipt.identifiers.length, 'identifier')} (${kinds.join(', ')}), in ${receipt.domains.join(', ')}`,
        ]),
    ...section(`Lake: records ${verb}`, ['topic', 'records', 'files of ranges'], lake, ([topic, of]) => [
      topic,
      of.records,
      of.manifests,
    ]),
    ...section(`Mart: rows ${verb}`, ['table', 'rows', 'kept for later events'], mart, ([table, { rows, kept }]) => [
      table,
      rows,
      kept,
    ]),
    ...section(
      isEmbedded ? 'Left in the log' : 'Left in Kafka',
      ['topic', 'records', 'until at least', 'keys removed'],
      log,
      ([topic, { records, until, removed }]) => [
        topic,
        records,
        until === null ? 'the next compaction' : `${until}${Date.parse(until) < now ? ' (due)' : ''}`,
        removed,
      ],
    ),
    ...(later.length > 0
      ? [
          '',
          `Events that came after the end of the erasure are new data and stay: ${later.map(([topic, { later }]) => `${topic} ${later.toLocaleString('en-US')}`).join(', ')}`,
        ]
      : []),
    ...(nothing ? [] : ['', ...remains(catalog), STATE]),
    '',
    isDry ? 'No receipt: this was a dry run.' : `Receipt: ${path}`,
  ]
}

const STATE =
  'Running services keep totals and profiles of the person in memory until they restart: the next event of the person publishes them again.'

/** Tables that stay as they are, because they hold no person. */
function remains({ tables }: Catalog): string[] {
  const aggregates = tables.filter(({ person }) => person && 'none' in person)
  if (aggregates.length === 0) return []
  return [
    'Left unchanged, because they hold no person:',
    ...aggregates.map(({ name, person }) => `  ${name} (${personText(person ?? null).replace(/^none: /, '')})`),
  ]
}

function section<T>(
  title: string,
  header: readonly string[],
  rows: readonly T[],
  cells: (row: T) => readonly (string | number | null)[],
): string[] {
  return rows.length === 0 ? [] : ['', title, ...formatTable(header, rows.map(cells)).map(line => `  ${line}`)]
}
