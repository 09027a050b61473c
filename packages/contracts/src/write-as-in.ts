import { hasRewrittenNumber, numberInText } from './exact-json.ts'
import { itemsOf, membersOf } from './json-members.ts'

type Fields = Readonly<Record<string, unknown>>

const isSame = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** Whether a number that is a text in the source would be written in another way, in nested objects and arrays as well. */
function hasNumberInText(value: unknown, held: unknown): boolean {
  if (value === held) return false
  if (isObject(value) && isObject(held))
    return Object.keys(value).some(name => hasNumberInText(value[name], fieldOf(held, name)))
  if (isList(value) && isList(held)) return value.some((item, index) => hasNumberInText(item, held[index]))
  return numberInText(held, value) !== undefined
}

const fieldOf = (object: Fields, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined)

/**
 * The JSON of an event that was made of another one. Values that are there as well are written as they are written there, digit for
 * digit, also where a number was a text, and in nested objects and arrays; the others by JSON.stringify.
 * @param source the other event, by JSON.parse
 * @param bytes the other event as it is written
 */
export function writeAsIn(event: Fields, source: Fields, bytes: Buffer): string {
  const isRewrittenThere = hasRewrittenNumber(bytes)
  if (!isRewrittenThere && !hasNumberInText(event, source)) return JSON.stringify(event)
  return writeFields(event, source, isRewrittenThere ? bytes.toString() : undefined)
}

/**
 * @param held the value in its place in the source
 * @param text that as it is written; undefined where JSON.stringify writes it alike
 */
function writeValue(value: unknown, held: unknown, text: string | undefined): string | undefined {
  if (text !== undefined && isSame(held, value)) return text
  if (isObject(value) && isObject(held)) return writeFields(value, held, text)
  if (isList(value) && isList(held)) return writeItems(value, held, text)
  return numberInText(held, value) ?? JSON.stringify(value)
}

function writeFields(event: Fields, source: Fields, text: string | undefined): string {
  const members = text === undefined ? undefined : membersOf(text)
  const fields: string[] = []
  for (const name of Object.keys(event)) {
    const written = writeValue(event[name], fieldOf(source, name), members?.get(name))
    if (written !== undefined) fields.push(`${JSON.stringify(name)}:${written}`)
  }
  return `{${fields.join(',')}}`
}

function writeItems(list: readonly unknown[], source: readonly unknown[], text: string | undefined): string {
  const items = text === undefined ? undefined : itemsOf(text)
  return `[${list.map((item, index) => writeValue(item, source[index], items?.[index]) ?? 'null').join(',')}]`
}
