import { QUOTE, SPACE } from './bytes.ts'
import { numberEnd } from './number-end.ts'
import { digitsEnd, type Field, plainEnd, uuidEnd, type Values } from './values.ts'

/** A field of an event as it is written: with or without a space before its key and before its value. */
export interface Place {
  readonly index: number
  readonly isKeySpaced: boolean
  readonly isValueSpaced: boolean
}

/** Whether the bytes from `at` to the closing brace at `last` are an event of one layout; notes its values. */
export type LayoutReader = (view: DataView, at: number, last: number) => boolean

/** What the code that is written can name. */
const tools = { digitsEnd, numberEnd, plainEnd, uuidEnd }

/** Condition that these bytes are at `at`, up to `last`: a comparison for each four of them. */
function areAt(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const comparisons: string[] = []
  if (bytes.length < 4) bytes.forEach((byte, i) => void comparisons.push(`view.getUint8(at + ${i}) === ${byte}`))
  else
    for (let i = 0; i < bytes.length; i += 4) {
      const from = Math.min(i, bytes.length - 4)
      comparisons.push(`view.getInt32(at + ${from}, true) === ${view.getInt32(from, true)}`)
    }
  return `at + ${bytes.length} <= last && ${comparisons.join(' && ')}`
}

const isQuoted = ({ kind, isNullable }: Field): boolean =>
  !isNullable && !['choice', 'number', 'integer', 'rows'].includes(kind)

/** Statements that note the value at `at`, behind its opening quote, and go on behind it. */
function valueSource(index: number, field: Field): string {
  const { kind, isNullable, minimum, maximum, pattern, choices } = field
  const noted = (call: string, less = 0): string =>
    `from[${index}] = at; at = ${call}; if (at < 0) return false; to[${index}] = at - ${less};`
  if (isNullable) return `at = values.valueEnd(${index}, at, last); if (at < 0) return false;`
  switch (kind) {
    case 'uuid':
      return noted('uuidEnd(view, at, last)', 1)
    case 'digits':
      return noted(`digitsEnd(view, at, fields[${index}].runs)`, 1)
    case 'instant':
      return noted(`values.instantEnd(view, at, last, ${index})`, 1)
    case 'text':
      return pattern
        ? noted(`values.textEnd(view, at, last, fields[${index}])`, 1)
        : `from[${index}] = at; at = plainEnd(view, at, last);
          if (view.getUint8(at) !== ${QUOTE} || at - from[${index}] < ${minimum} || at - from[${index}] > ${maximum}) return false;
          to[${index}] = at++;`
    case 'rows':
      return noted(`values.rowsEnd(view, at, ${index})`)
    case 'choice': {
      const branches = choices.map(({ bytes, length }) => {
        const quote = bytes[0] === QUOTE ? 1 : 0
        return `if (${areAt(bytes)}) { from[${index}] = at + ${quote}; at += ${length}; to[${index}] = at - ${quote} }`
      })
      return `${branches.join(' else ')} else return false;`
    }
    default:
      return noted(`numberEnd(view, at, fields[${index}], numbers, ${index})`)
  }
}

function placeSource({ index, isKeySpaced, isValueSpaced }: Place, field: Field, isFirst: boolean): string {
  const space = Uint8Array.of(SPACE)
  const lead = Buffer.concat([
    Buffer.from(isFirst ? '{' : ','),
    ...(isKeySpaced ? [space] : []),
    field.key.bytes,
    ...(isValueSpaced ? [space] : []),
    ...(isQuoted(field) ? [Uint8Array.of(QUOTE)] : []),
  ])
  return `if (!(${areAt(lead)})) return false; at += ${lead.length}; ${valueSource(index, field)}`
}

/**
 * Writes the code that reads events of one layout. Nearly all events of a producer are of one: what is known of it (which key is
 * where, and what may be behind it) need not be looked up for each event.
 * @returns null where the process may not make code of texts
 */
export function compileLayout(places: readonly Place[], fields: readonly Field[], values: Values): LayoutReader | null {
  const source = places.map((place, i) => placeSource(place, fields[place.index]!, i === 0)).join('\n')
  try {
    const make = new Function(
      'fields',
      'values',
      `{ ${Object.keys(tools).join(', ')} }`,
      `const { from, to, numbers } = values
      return (view, at, last) => {
        ${source}
        return at === last
      }`,
    )
    return make(fields, values, tools) as LayoutReader
  } catch (error) {
    if (error instanceof EvalError) return null
    throw error
  }
}
