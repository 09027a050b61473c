/** One row of an error table: how it reads and what may be done about it. */
export interface ErrorSpec {
  /** `{name}` is replaced by the detail of that name. */
  readonly message: string
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  readonly kind: 'input' | 'infrastructure' | 'internal'
}

export type ErrorTable = Readonly<Record<string, ErrorSpec>>

/** An error of a table: `code` is the key of its row. */
export class CodedError<Code extends string = string> extends Error {
  override readonly name: string
  readonly code: Code
  readonly retryable: boolean
  readonly kind: ErrorSpec['kind']
  readonly details: Readonly<Record<string, unknown>>

  constructor(name: string, code: Code, spec: ErrorSpec, details: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(
      spec.message.replace(/\{(\w+)\}/g, (whole, key) => (key in details ? String(details[key]) : whole)),
      cause === undefined ? undefined : { cause },
    )
    this.name = name
    this.code = code
    this.retryable = spec.retryable
    this.kind = spec.kind
    this.details = details
  }
}

/** A factory of errors of one table, e.g. `const logError = errorFactory('LogError', table)`; `logError('timeout', { topic }, cause)`. */
export function errorFactory<T extends ErrorTable>(name: string, table: T) {
  return (
    code: keyof T & string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ): CodedError<keyof T & string> => new CodedError(name, code, table[code]!, details, cause)
}

/** Whether an error says of itself that the same call may succeed later; unknown errors are not retryable. */
export const isRetryable = (error: unknown): boolean => error instanceof CodedError && error.retryable
