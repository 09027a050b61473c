/**
 * Whose the records of a topic, or the rows of a table, are.
 *
 * `fields` maps kinds of identifiers (such as `account`) to where they are: the path of a field (`User.account`, `group.0`), or a
 * column. The widest kind comes first: one account may have several browsers. The first identifier that a record has says whose it is.
 * `none` and `quoted` say in one sentence why there is no such field; the bytes of a `quoted` topic may name people all the same.
 */
export type Person = { readonly fields: PersonFields } | { readonly none: string } | { readonly quoted: string }

/** Where an identifier is: the path of a field or a column, or the part of a text there that a pattern's first group finds. */
export type IdentifierPlace = string | { readonly path: string; readonly part: RegExp }
/** The places of identifiers by their kind. */
export type PersonFields = Readonly<Record<string, IdentifierPlace>>

/** Records or rows that belong to a person, whose identifiers are in these fields, by kind, the widest kind first. */
export const personIn = (fields: PersonFields): Person => ({ fields })
/** Records or rows that belong to no person, and why. */
export const noPerson = (why: string): Person => ({ none: why })
/** Records that hold bytes of other topics, which may name people. */
export const quotedPeople = (why: string): Person => ({ quoted: why })

/** The paths of a person's identifiers by kind; empty where records hold no person. */
export const personFieldsOf = (person: Person | null): PersonFields =>
  person && 'fields' in person ? person.fields : {}

/** The path of a place. */
export const pathOfPlace = (place: IdentifierPlace): string => (typeof place === 'string' ? place : place.path)

/** An identifier of a person, such as `{ kind: 'account', value: 'testAccount_7' }`. */
export interface Identifier {
  readonly kind: string
  readonly value: string
}

function valueAt(record: unknown, path: string): unknown {
  let value = record
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** The identifiers that a record or row has, the widest kind first; numbers as text. */
export function identifiersIn(person: Person | null, record: unknown): Identifier[] {
  const found: Identifier[] = []
  for (const [kind, place] of Object.entries(personFieldsOf(person))) {
    const whole = valueAt(record, pathOfPlace(place))
    const value = typeof place === 'string' ? whole : place.part.exec(String(whole))?.[1]
    if ((typeof value === 'string' && value !== '') || typeof value === 'number')
      found.push({ kind, value: String(value) })
  }
  return found
}

/** Why a declaration does not fit what it is about, a sentence each. @param known names of fields or columns */
export function personProblems(what: string, person: Person | null, known: readonly string[]): string[] {
  return Object.entries(personFieldsOf(person)).flatMap(([kind, place]) => [
    ...(/^[a-z][a-z0-9-]*$/.test(kind)
      ? []
      : [`${what}: "${kind}" is no kind of identifier: expected lower-case letters, digits and hyphens`]),
    ...(known.includes(pathOfPlace(place).split('.')[0]!)
      ? []
      : [
          `${what}: the ${kind} of its person is "${pathOfPlace(place)}", which it does not have: expected one of ${known.join(', ')}`,
        ]),
  ])
}

/** What a declaration says, for the reference. */
export function personText(person: Person | null): string {
  if (person === null) return 'not stated'
  if ('none' in person) return `none: ${person.none}`
  if ('quoted' in person) return `not by a field: ${person.quoted}`
  return Object.entries(person.fields)
    .map(([kind, place]) => `${kind} in ${typeof place === 'string' ? '' : 'a part of '}\`${pathOfPlace(place)}\``)
    .join(', else ')
}
