/** What is committed beside an offset of the profiles. */
export interface ProfilePosition {
  /** Reading from here gives the ids of the events of the last hour again. */
  readonly idsFrom: number
  /** Offset behind the model with which all profiles were compared; 0 for none. */
  readonly model: number
  /** By partition of the customers: the offset behind the last row with which its profile was compared. */
  readonly customers: readonly number[]
}

const VERSION = 'p1'

/** The position as a short text: `p1 <idsFrom> <model> <offsets of the customers>`, offsets in base 36. */
export const encodeProfilePosition = ({ idsFrom, model, customers }: ProfilePosition): string =>
  `${VERSION} ${[idsFrom, model].map(offset => offset.toString(36)).join(' ')} ${customers.map(offset => offset.toString(36)).join(',')}`

/** The position of a committed text, or null when it is not one (another version, a position set by hand). */
export function decodeProfilePosition(metadata: string): ProfilePosition | null {
  const [, idsFrom, model, customers] =
    new RegExp(`^${VERSION} ([0-9a-z]+) ([0-9a-z]+) ([0-9a-z,]*)$`).exec(metadata) ?? []
  if (idsFrom === undefined || model === undefined || customers === undefined) return null
  const offsetOf = (text: string): number => Number.parseInt(text, 36)
  return {
    idsFrom: offsetOf(idsFrom),
    model: offsetOf(model),
    customers: customers === '' ? [] : customers.split(',').map(offsetOf),
  }
}
