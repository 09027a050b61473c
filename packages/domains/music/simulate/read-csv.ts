import { readFileSync } from 'node:fs'
import { readWire, type Topic } from '@millrace/contracts'
import { systemReason } from '@millrace/runtime'
import { simulationError } from '@millrace/simulation'
import { parse } from 'csv-parse/sync'

/** The text of a file without its byte order mark. @throws SimulationError `read_failed` */
function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is not UTF-8' : systemReason(error)
    throw simulationError('read_failed', { path, reason }, error)
  }
}

/** A row of a published file as a record of a topic. @throws SimulationError `read_failed` that names line, column and what is wrong */
function recordOf<T extends Topic>(
  topic: T,
  row: Readonly<Record<string, unknown>>,
  { path, line }: { readonly path: string; readonly line: number },
): ReturnType<T['schema']['parse']> {
  const read = topic.schema.safeParse(readWire(row, topic.wire))
  if (read.success) return read.data as ReturnType<T['schema']['parse']>
  const issue = read.error.issues[0]!
  const column = issue.path.join('.')
  const got = JSON.stringify(row[column] ?? null)
  throw simulationError('read_failed', { path, reason: `line ${line}: ${column} is ${got}: ${issue.message}` })
}

function checkHeader(path: string, got: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter(name => !got.includes(name))
  if (missing.length > 0)
    throw simulationError('read_failed', {
      path,
      reason: `its first line is ${JSON.stringify(got.join(','))}: expected a CSV file with the columns ${expected.join(', ')}`,
    })
}

/**
 * The rows of a CSV file with a header as records of a topic, whose ids are made from the rows.
 * @param columns columns that it must have
 * @throws SimulationError `read_failed`
 */
export function readCsv<T extends Topic>(
  path: string,
  topic: T,
  {
    columns,
    idOf,
  }: { readonly columns: readonly string[]; readonly idOf: (row: Readonly<Record<string, string>>) => string },
): ReturnType<T['schema']['parse']>[] {
  const text = textOf(path)
  let rows: { readonly record: string[]; readonly info: { readonly lines: number } }[]
  try {
    rows = parse(text, { info: true, skip_empty_lines: true }) as unknown as typeof rows
  } catch (error) {
    throw simulationError('read_failed', { path, reason: (error as Error).message }, error)
  }
  const [first, ...others] = rows
  const header = first?.record ?? []
  checkHeader(path, header, columns)
  return others.map(({ record, info }) => {
    const row = Object.fromEntries(header.map((name, index) => [name, record[index]!]))
    return recordOf(topic, { ...row, eventId: idOf(row) }, { path, line: info.lines })
  })
}

/**
 * Title and artist between the first and the last comma of a line. A line with a stray quote is no CSV: then the title ends at the
 * next comma, and the artist is the rest without its quote.
 */
function titleAndArtist(text: string): readonly [string, string] {
  try {
    const [fields] = parse(text) as string[][]
    if (fields?.length === 2) return [fields[0]!, fields[1]!]
  } catch {
    // A stray quote.
  }
  const comma = text.indexOf(',')
  const [title, artist] = comma < 0 ? [text, ''] : [text.slice(0, comma), text.slice(comma + 1)]
  return [title.trim(), artist.replaceAll('"', '').trim()]
}

/**
 * The rows of a file of tracks, line by line: the id is before the first comma, the length after the last one.
 * @throws SimulationError `read_failed`
 */
export function readTracksCsv<T extends Topic>(
  path: string,
  topic: T,
  idOf: (row: Readonly<Record<string, string>>) => string,
): ReturnType<T['schema']['parse']>[] {
  const [header = '', ...lines] = textOf(path).split(/\r?\n/)
  checkHeader(path, header.split(','), ['TrackId', 'Title', 'Artist', 'Length'])
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const [first, last] = [line.indexOf(','), line.lastIndexOf(',')]
    const [Title, Artist] = titleAndArtist(first < last ? line.slice(first + 1, last) : '')
    const row = { TrackId: line.slice(0, Math.max(0, first)), Title, Artist, Length: line.slice(last + 1) }
    return [recordOf(topic, { ...row, eventId: idOf(row) }, { path, line: index + 2 })]
  })
}
