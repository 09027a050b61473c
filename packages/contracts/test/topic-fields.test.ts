import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  defineDomain,
  defineTopic,
  domainProblems,
  epochMillisField,
  epochSecondsField,
  instant,
  instantField,
  keyField,
} from '../src/index.ts'

const schema = z.looseObject({
  account: z.string().min(1),
  lot: z.int(),
  kind: z.enum(['a', 'b']),
  level: z.union([z.literal(0), z.literal(1)]),
  either: z.union([z.string(), z.int()]).nullable(),
  anything: z.unknown(),
  isOpen: z.boolean(),
  place: z.looseObject({ lot: z.string() }),
  at: instant.optional(),
  atSeconds: z.number(),
})
const problemsOf = (key: string, eventTimeMs = instantField('at')): string[] => {
  const raw = defineTopic({ name: 'game.raw', schema, keyOf: keyField(key), eventTimeMs, why: 'Of the tests.' })
  return domainProblems(defineDomain({ name: 'game', title: 'A game', topics: { raw } }))
}

describe('a topic', () => {
  it.each(['account', 'lot', 'kind', 'level', 'either', 'anything'])(
    'may be keyed by a text or a number: %s',
    field => {
      expect(problemsOf(field)).toEqual([])
    },
  )

  it.each([instantField('at'), epochSecondsField('atSeconds'), epochMillisField('lot'), instantField('anything')])(
    'may have an instant or a number as its event time: $field',
    time => {
      expect(problemsOf('account', time)).toEqual([])
    },
  )

  it.each([
    [
      'a key that it lacks',
      problemsOf('acount'),
      'topic game.raw: its key is the field "acount", which its schema does not have: expected one of account, lot, kind, level, either, anything, isOpen, place, at, atSeconds',
    ],
    [
      'a key that is no text or number',
      problemsOf('place'),
      'topic game.raw: its key is the field "place" of type object: expected string or number or integer; name another field, or give a function that reads it',
    ],
    ['a flag as its key', problemsOf('isOpen'), /key is the field "isOpen" of type boolean: expected string/],
    [
      'an event time that it lacks',
      problemsOf('account', instantField('datetime')),
      /its event time is the field "datetime", which its schema does not have/,
    ],
    [
      'a number as an instant',
      problemsOf('account', instantField('atSeconds')),
      /its event time is the field "atSeconds" of type number: expected string;/,
    ],
    [
      'an instant as seconds',
      problemsOf('account', epochSecondsField('at')),
      /its event time is the field "at" of type string: expected number or integer;/,
    ],
  ])('is refused with %s', (_, problems, expected) => {
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(expected)
  })
})
