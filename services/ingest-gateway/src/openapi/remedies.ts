import type { AnsweredCode } from '../errors.ts'

const CORRECT = 'Correct the record and send it again.'

/** What a client does about each refusal, as Markdown. */
export const remedies: Readonly<Record<AnsweredCode, string>> = {
  bad_request: 'Use an HTTP client library, and check the URL.',
  bad_header: 'Correct the header that is named.',
  bad_query: 'Correct the parameter that is named.',
  key_in_query: 'Send an API key in the header `Authorization`. Revoke the key that was sent in an address.',
  bad_encoding: 'Compress the body as `Content-Encoding` says, or omit the header.',
  body_cut_off: 'Compress the whole body and send it again.',
  no_records: 'Send at least one JSON object.',
  not_json: 'Send valid JSON. If there is one record per line, send `Content-Type: application/x-ndjson`.',
  invalid_utf8: 'Encode the body as UTF-8.',
  key_missing: 'Send `Authorization: Bearer $KEY`. On this page, press *Authorize*.',
  key_wrong: 'Check that the whole key was copied. If it was revoked or lost, create another one.',
  key_missing_in_event: 'Send the field that the partition key is made from.',
  topic_not_allowed: 'Use another key, or create one with `--topics`.',
  origin_not_allowed: 'Create a key with `--cors-origins` and the origin of the web page.',
  origin_missing: 'Send an API key. A browser key works in pages of browsers only.',
  unknown_route: 'Use one of the paths of this page.',
  unknown_topic: 'Use the name of a topic that the key may write.',
  method_not_allowed: 'Use a method that the header `Allow` lists.',
  request_timeout: 'Send the request again, with fewer records if the connection is slow.',
  clock_skew: 'Correct the clock, or add the difference to `now` to the times. Then send the records again.',
  body_too_large: 'Split the batch.',
  too_many_records: 'Split the batch.',
  record_too_large: 'Make the record smaller. It is not kept among the failed events.',
  unsupported_media_type:
    'Send `Content-Type: application/json` or `application/x-ndjson`. The header `Accept-Post` lists both.',
  unsupported_encoding: 'Use an encoding that the header `Accept-Encoding` of the answer lists, or none.',
  expectation_failed: 'Omit the header `Expect`, or send `Expect: 100-continue`.',
  invalid_envelope: 'Correct the field of the envelope that is named, and send the record again.',
  wrong_key: 'Leave the key out, or send the one that the gateway makes from the record.',
  wrong_partition: 'Leave the partition out: it follows from the key.',
  not_an_object: 'Send every record as a JSON object.',
  missing_field: CORRECT,
  invalid_field: `${CORRECT} \`also\` lists other wrong fields of the same record.`,
  number_too_large: `${CORRECT} Send the number as a string if it must be kept as it is.`,
  forbidden_field: 'Rename the field.',
  too_deep: 'Send the record with fewer levels.',
  broken_text: CORRECT,
  nothing_accepted:
    'Read the problem of each record in `results`. The status is 503 if any record can be sent again as it is, otherwise the one that all records have, or 422.',
  quota_exceeded: 'Wait as many seconds as `Retry-After` says, then send the same request again.',
  headers_too_large: 'Send fewer or shorter headers.',
  internal_error:
    'Send the request again with the same event ids or `Idempotency-Key`. If it fails again, give the id to the operator.',
  overloaded: 'Wait as many seconds as `Retry-After` says, then send the same request again.',
  log_unavailable: 'Wait as many seconds as `Retry-After` says, then send the record again.',
  log_timeout:
    'Wait as many seconds as `Retry-After` says, then send the record again with the same event id or `Idempotency-Key`.',
  topic_missing: 'Ask the operator to create the topics, then send the record again.',
  failed_event_not_stored: 'Correct the record and send it again, or send it unchanged later.',
}
