/** What is committed beside an offset of a join. */
export interface JoinPosition {
  /** The first record that waits for a row. */
  readonly stateFrom: number
  /** By table and partition: the offset up to which the reference topic was read. */
  readonly tables: readonly (readonly number[])[]
}

const VERSION = 'j1'

/** The position as a short text: `j1 <stateFrom> <offsets of a table>;<offsets of the next>`, offsets in base 36. */
export const encodeJoinPosition = ({ stateFrom, tables }: JoinPosition): string =>
  `${VERSION} ${stateFrom} ${tables.map(offsets => offsets.map(offset => offset.toString(36)).join(',')).join(';')}`

/** The position of a committed text, or null when it is not one (another version, a position set by hand). */
export function decodeJoinPosition(metadata: string): JoinPosition | null {
  const [version, from = '', text = ''] = metadata.split(' ')
  if (version !== VERSION || !/^\d+$/.test(from) || !/^[0-9a-z,;]*$/.test(text)) return null
  const offsetsOf = (table: string) => (table === '' ? [] : table.split(',').map(offset => Number.parseInt(offset, 36)))
  return { stateFrom: Number(from), tables: text.split(';').map(offsetsOf) }
}
