import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const logErrors = {
  append_timeout: {
    message: 'The log did not answer for {topic}/{partition} in time; the record may still be stored.',
    retryable: true,
    kind: 'infrastructure',
  },
  log_unavailable: {
    message: 'The event log at {where} cannot be reached: {reason}',
    retryable: true,
    kind: 'infrastructure',
  },
  login_refused: {
    message:
      'The event log at {where} refuses the login: check MILLRACE_KAFKA_SASL_USERNAME, MILLRACE_KAFKA_SASL_PASSWORD and MILLRACE_KAFKA_SASL_MECHANISM. {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  certificate_refused: {
    message:
      'The certificate of the event log at {where} is not trusted: check MILLRACE_KAFKA_CA_FILE, and that MILLRACE_KAFKA_BROKERS has the names that are in it. {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  log_closed: { message: 'The event log was closed.', retryable: false, kind: 'internal' },
  log_disk_full: {
    message: 'No space left to write {topic}/{partition} in {directory}: free some, the writer goes on by itself.',
    retryable: true,
    kind: 'infrastructure',
  },
  record_too_large: {
    message: 'A record of {bytes} bytes is larger than {topic} takes ({limit} bytes).',
    retryable: false,
    kind: 'input',
  },
  unknown_topic: {
    message: 'There is no topic {topic}: create it with "millrace topics ensure".',
    retryable: false,
    kind: 'input',
  },
  log_saturated: {
    message:
      'The producer already holds {bytes} bytes that are not stored yet (limit {limit}): send again a little later.',
    retryable: true,
    kind: 'infrastructure',
  },
  invalid_topic: {
    message: 'The topic "{topic}" is not valid: {reason}',
    retryable: false,
    kind: 'input',
  },
  log_refused: {
    message: 'The event log refused {what}: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  consumer_failed: {
    message: 'The consumer of group {group} cannot go on: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
  fenced: {
    message: '{topic}/{partition} is no longer assigned to this consumer.',
    retryable: false,
    kind: 'infrastructure',
  },
  corrupt_segment: {
    message: 'Segment {file} is damaged at byte {position}: {reason}',
    retryable: false,
    kind: 'infrastructure',
  },
} as const satisfies ErrorTable

export const logError = errorFactory('LogError', logErrors)
