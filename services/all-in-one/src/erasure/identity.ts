import { type Identifier, identifiersIn, type Person, personFieldsOf } from '@millrace/contracts'

/**
 * A person by an identifier of one kind, and the narrower identifiers that are learned of the person: the browsers of an account, the
 * customer number of an account.
 */
export class Identity {
  readonly given: Identifier
  readonly #known: Map<string, Set<string>>

  constructor(given: Identifier) {
    this.given = given
    this.#known = new Map([[given.kind, new Set([given.value])]])
  }

  /** Every identifier that is known, the given one first. */
  get identifiers(): Identifier[] {
    return [...this.#known].flatMap(([kind, values]) => [...values].map(value => ({ kind, value })))
  }

  /** Whether a record or row is the person's: of the kinds that are known, the widest that it has decides. */
  owns(person: Person | null, record: unknown): boolean {
    for (const { kind, value } of identifiersIn(person, record)) {
      const values = this.#known.get(kind)
      if (values) return values.has(value)
    }
    return false
  }

  /** Whether records of this form can be the person's at all. */
  canOwn(person: Person | null): boolean {
    return Object.keys(personFieldsOf(person)).some(kind => this.#known.has(kind))
  }

  /** The identifiers of a record that are narrower than the one which decides whose it is. */
  narrowerIn(person: Person | null, record: unknown): Identifier[] {
    const found = identifiersIn(person, record)
    const decisive = found.findIndex(({ kind }) => this.#known.has(kind))
    return decisive < 0 ? [] : found.slice(decisive + 1)
  }

  /** Takes further identifiers of the person; answers whether one of them is new. */
  learn(identifiers: readonly Identifier[]): boolean {
    let isNew = false
    for (const { kind, value } of identifiers) {
      const values = this.#known.get(kind) ?? new Set<string>()
      this.#known.set(kind, values)
      isNew ||= !values.has(value)
      values.add(value)
    }
    return isNew
  }
}
