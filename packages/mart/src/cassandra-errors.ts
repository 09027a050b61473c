import { CodedError } from '@millrace/runtime'
import { errors, types } from 'cassandra-driver'
import { martError, type martErrors } from './errors.ts'

type Code = keyof typeof martErrors

const codes = types.responseErrorCodes
const BAD_CREDENTIALS = 0x0100
const CAS_WRITE_UNKNOWN = 0x1700

/** What the server answers with, and what it means here; anything else is not understood and not retried. */
const byResponse = new Map<number, Code>([
  [codes.serverError, 'mart_unavailable'],
  [codes.unavailableException, 'mart_unavailable'],
  [codes.isBootstrapping, 'mart_unavailable'],
  [codes.readFailure, 'mart_unavailable'],
  [codes.writeFailure, 'mart_unavailable'],
  [codes.overloaded, 'mart_overloaded'],
  [codes.writeTimeout, 'mart_timeout'],
  [codes.readTimeout, 'mart_timeout'],
  [CAS_WRITE_UNKNOWN, 'mart_timeout'],
  [codes.unauthorized, 'not_permitted'],
  [BAD_CREDENTIALS, 'login_refused'],
])

/** Refusals that are about the values of one row and not about the statement. */
const ABOUT_A_ROW = /too (?:big|large)|longer than (?:the )?maximum|may not be empty|exceeds maximum allowed length/i
const MISSING_TABLE = /table (\S+) does not exist|unconfigured (?:table|columnfamily) (\S+)/i
const ABOUT_A_CERTIFICATE = /certificate|altnames|self.signed|unable to verify/i
const ABOUT_A_CONNECTION = /ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|ENOTFOUND|socket|connection/i

const firstLine = (text: string): string => text.split('\n', 1)[0]!.slice(0, 300)

function codeOf(error: Error): Code | undefined {
  if (error instanceof errors.OperationTimedOutError) return 'mart_timeout'
  if (error instanceof errors.BusyConnectionError) return 'mart_overloaded'
  if (error instanceof errors.AuthenticationError) return 'login_refused'
  if (error instanceof errors.ResponseError) {
    if (MISSING_TABLE.test(error.message)) return 'unknown_table'
    if (ABOUT_A_ROW.test(error.message)) return 'row_refused'
    return byResponse.get(error.code) ?? 'statement_refused'
  }
  if (error instanceof errors.ArgumentError && /localDataCenter/.test(error.message)) return 'wrong_data_center'
  const text = `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}`
  if (ABOUT_A_CERTIFICATE.test(text)) return 'certificate_refused'
  if (ABOUT_A_CONNECTION.test(text)) return 'mart_unavailable'
  return undefined
}

/** Where all hosts failed in one way it is that; else waiting may help. */
function codeOfHosts(codes: readonly (Code | undefined)[]): Code {
  const [first] = codes
  if (first !== undefined && codes.every(code => code === first)) return first
  return 'mart_unavailable'
}

/** What a failure of the driver means to the caller: a coded error, or the error itself where it is not understood. */
export function toMartError(
  error: unknown,
  details: { readonly where: string; readonly user?: string | undefined; readonly table?: string },
): unknown {
  if (error instanceof CodedError || !(error instanceof Error)) return error
  const create = (code: Code, reason: string) => {
    const table = details.table ?? MISSING_TABLE.exec(reason)?.[1] ?? 'unknown'
    return martError(
      code,
      { ...details, user: details.user ?? 'an anonymous user', table, reason: firstLine(reason) },
      error,
    )
  }
  if (error instanceof errors.NoHostAvailableError) {
    const tried = Object.values<unknown>(error.innerErrors ?? {}).filter(inner => inner instanceof Error)
    return create(codeOfHosts(tried.map(codeOf)), tried[0]?.message ?? error.message)
  }
  const code = codeOf(error)
  return code ? create(code, error.message) : error
}
