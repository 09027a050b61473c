import { CodedError } from '@millrace/runtime'
import { errors } from 'cassandra-driver'
import { describe, expect, it } from 'vitest'
import { toMartError } from '../src/cassandra-errors.ts'
import { martError } from '../src/index.ts'

const where = 'cassandra://db:9042/millrace'
const explain = (error: unknown) => toMartError(error, { where, user: 'app' }) as CodedError
const response = (code: number, message: string) => new errors.ResponseError(code, message)
const noHost = (...inner: Error[]) =>
  new errors.NoHostAvailableError(Object.fromEntries(inner.map((each, index) => [`10.0.0.${index}:9042`, each])))
const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.0:9042'), { code: 'ECONNREFUSED' })
const selfSigned = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
const wrongDataCenter = new errors.ArgumentError("localDataCenter was configured as 'x', but only found hosts in: [y]")

describe('what an error of the driver means', () => {
  it.each<[string, Error, string, boolean]>([
    [
      'no answer in time',
      new errors.OperationTimedOutError('The host 10.0.0.1:9042 did not reply'),
      'mart_timeout',
      true,
    ],
    ['too many requests', new errors.BusyConnectionError('10.0.0.1:9042', 2048, 1), 'mart_overloaded', true],
    ['a server that is overloaded', response(0x1001, 'overloaded'), 'mart_overloaded', true],
    ['too few replicas', response(0x1000, 'Not enough replicas available'), 'mart_unavailable', true],
    ['a server that is starting', response(0x1002, 'bootstrapping'), 'mart_unavailable', true],
    ['a write without enough answers', response(0x1100, 'Server timeout during write query'), 'mart_timeout', true],
    ['a read without enough answers', response(0x1200, 'Server timeout during read query'), 'mart_timeout', true],
    [
      'a socket that closed',
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      'mart_unavailable',
      true,
    ],
    [
      'a key that is too long',
      response(0x2200, 'Key length of 70000 is longer than maximum of 65535'),
      'row_refused',
      false,
    ],
    [
      'a row that is too large',
      response(0, 'Mutation of 30 MiB is too large for the maximum size'),
      'row_refused',
      false,
    ],
    ['a missing table', response(0x2200, 'table lol_x does not exist'), 'unknown_table', false],
    ['a statement that is wrong', response(0x2000, 'line 1:3 no viable alternative'), 'statement_refused', false],
    ['missing rights', response(0x2100, 'User app has no MODIFY permission'), 'not_permitted', false],
    ['a wrong password', noHost(new errors.AuthenticationError('Bad credentials')), 'login_refused', false],
    ['a certificate that is not trusted', noHost(selfSigned), 'certificate_refused', false],
    ['a wrong data center', noHost(wrongDataCenter), 'wrong_data_center', false],
    ['all hosts away', noHost(refused, refused), 'mart_unavailable', true],
    ['all hosts silent', noHost(new errors.OperationTimedOutError('no reply')), 'mart_timeout', true],
    ['one host away, one with another certificate', noHost(selfSigned, refused), 'mart_unavailable', true],
    ['no host known', new errors.NoHostAvailableError({}, 'No host could be resolved'), 'mart_unavailable', true],
  ])('%s', (_, error, code, retryable) => {
    const meant = explain(error)
    expect(meant).toBeInstanceOf(CodedError)
    expect(meant).toMatchObject({ code, retryable, cause: error })
    expect(meant.message).not.toMatch(/[{}]|\n/)
  })

  it('names the table that is missing, the user that is refused and the reason', () => {
    expect(explain(response(0x2200, 'table lol_x does not exist')).message).toBe(
      `There is no table lol_x in ${where}: create the tables first.`,
    )
    expect(explain(noHost(new errors.AuthenticationError('Bad credentials'))).message).toBe(
      `The mart at ${where} refuses to let app in: check MILLRACE_CASSANDRA_USERNAME and MILLRACE_CASSANDRA_PASSWORD. Bad credentials`,
    )
    expect(explain(noHost(refused)).message).toContain('connect ECONNREFUSED 10.0.0.0:9042')
  })

  it('leaves what it does not understand as it is, so that it stops who meets it', () => {
    const unknown = new TypeError('x is not a function')
    expect(explain(unknown)).toBe(unknown)
    const coded = martError('mart_closed', { where })
    expect(explain(coded)).toBe(coded)
  })
})
