import { AuthenticationError, MultipleErrors, NetworkError, ResponseError, UserError } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { isPassing, kafkaError } from '../kafka-errors.ts'
import { clientError } from './client-errors.ts'

const PRODUCE = 0
const HANDSHAKE = 17
const JOIN = 11
const answered = (code: number, api = PRODUCE) => new ResponseError(api, 9, { '/': [code, null] }, {})
const connecting = (cause: Error) => new NetworkError('Connection to a:1 failed.', { cause })
const coded = (error: Error) => kafkaError(clientError(error), 'x', ['a:1'])

describe('an error of the library', () => {
  it.each([
    ['NOT_LEADER_OR_FOLLOWER', answered(6), true],
    ['MESSAGE_TOO_LARGE', answered(10), false],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', answered(45), false],
    ['REBALANCE_IN_PROGRESS', answered(27, JOIN), false],
    ['BROKER_NOT_AVAILABLE', answered(8), true],
    [undefined, connecting(new Error('connect ECONNREFUSED')), true],
    [undefined, new NetworkError('Client is closed.', { canRetry: false }), false],
    [undefined, new TypeError('x is undefined'), false],
  ])('says its protocol name and whether it passes: %s', (type, error, passing) => {
    const translated = clientError(error)
    expect(translated).toMatchObject({ facts: { type } })
    expect(isPassing(translated)).toBe(passing)
  })

  it('prefers what the partition says to what a record does', () => {
    const error = new ResponseError(PRODUCE, 9, { '/records/0': [-1, 'bad'], '/': [87, 'One or more records'] }, {})
    expect(clientError(error)).toMatchObject({ facts: { type: 'INVALID_RECORD' } })
    expect(clientError(error).message).toContain('bad')
  })

  it('is about the login when the broker refused it, and passes when the broker only hung up', () => {
    const refused = connecting(new AuthenticationError('SASL authentication failed.', { cause: answered(58, 36) }))
    expect(coded(refused)).toMatchObject({ code: 'login_refused', retryable: false })
    const unknown = connecting(
      new AuthenticationError('Cannot find a suitable one.', { cause: answered(33, HANDSHAKE) }),
    )
    expect(coded(unknown)).toMatchObject({ code: 'login_refused' })
    const signature = connecting(new AuthenticationError('Invalid server signature.'))
    expect(coded(signature)).toMatchObject({ code: 'login_refused' })
    const hungUp = connecting(
      new AuthenticationError('Cannot find a suitable one.', { cause: new NetworkError('Connection closed') }),
    )
    expect(coded(hungUp)).toMatchObject({ code: 'log_unavailable', retryable: true })
    expect(coded(hungUp).message).toContain('MILLRACE_KAFKA_SASL_MECHANISM')
  })

  it('is about the certificate, or about TLS, and names the setting', () => {
    const untrusted = connecting(new Error('unable to verify the first certificate'))
    expect(coded(untrusted)).toMatchObject({ code: 'certificate_refused' })
    expect(coded(new UserError('Broker requires TLS.')).message).toContain('set MILLRACE_KAFKA_TLS to true')
    const plain = connecting(new UserError('TLS handshake failed. Please verify the broker supports TLS.'))
    expect(coded(plain).message).toContain('MILLRACE_KAFKA_TLS is true')
    expect(coded(plain)).toMatchObject({ code: 'log_unavailable' })
  })

  it('is one line, also when it has many causes', () => {
    const error = new MultipleErrors('None.\n', [connecting(new Error('a\nb')), connecting(new Error('c'))])
    expect(clientError(error).message).not.toContain('\n')
  })
})
