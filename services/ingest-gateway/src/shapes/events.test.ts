import { expect, it } from 'vitest'
import { eventsShape } from './events.ts'

it.each(['json', 'ndjson'])('computes the facts of a body once, however many records ask for them: %s', form => {
  const request = {
    form,
    headers: {},
    maxRecords: 2,
    minimal: false,
    topicOf: () => ({ code: 'unknown_topic' }) as const,
  }
  const list = eventsShape.read(Buffer.from('{"note":"é"}'), request)
  if ('code' in list) throw new Error(list.code)
  expect(list.facts()).toMatchObject({ ascii: false, utf8: true })
  expect(list.facts()).toBe(list.facts())
})
