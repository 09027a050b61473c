import { nearest } from '@millrace/runtime'

/** One option of a generator, as help and reference show it. */
export interface OptionSpec {
  /** In kebab-case, without dashes in front. */
  readonly name: string
  /** Form of the value, e.g. `<n>` or `1|60|max`. */
  readonly value: string
  readonly description: string
  /** Text that is read when the option is not given. */
  readonly default?: string
}

/** What is wrong with one option: what was got and what was expected, as a sentence that begins after the option's name. */
export interface OptionProblem {
  readonly option: string
  readonly message: string
}

export type Parsed<T> =
  | { readonly ok: true; readonly options: T }
  | { readonly ok: false; readonly problems: readonly OptionProblem[] }

/** Reads text, as the schemas of `env` do. */
interface Reading<T> {
  safeParse(
    text: string,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly { readonly message: string }[] } }
}

/** Reads options from text and gathers every problem. */
export class OptionReader {
  readonly problems: OptionProblem[] = []
  readonly #values: Readonly<Record<string, string | undefined>>
  readonly #specs: ReadonlyMap<string, OptionSpec>

  constructor(values: Readonly<Record<string, string | undefined>>, specs: readonly OptionSpec[]) {
    this.#values = values
    this.#specs = new Map(specs.map(spec => [spec.name, spec]))
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || this.#specs.has(name)) continue
      const known = [...this.#specs.keys()]
      const suggestion = nearest(name, known)
      this.problem(
        name,
        `is not known here.${suggestion ? ` Did you mean ${suggestion}?` : ` Known: ${known.join(', ')}.`}`,
      )
    }
  }

  problem(option: string, message: string): undefined {
    this.problems.push({ option, message })
    return undefined
  }

  isGiven(name: string): boolean {
    return this.#values[name] !== undefined
  }

  /** The option's text or its default's. */
  text(name: string): string | undefined {
    return this.#values[name] ?? this.#specs.get(name)?.default
  }

  /** The option's value; undefined when it is neither given nor has a default, or has a problem. */
  read<T>(name: string, reading: Reading<T>): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const result = reading.safeParse(text)
    if (result.success) return result.data
    const issue = result.error.issues[0]?.message ?? 'expected something else'
    return this.problem(name, `is ${JSON.stringify(text)}: ${issue}.`)
  }
}
