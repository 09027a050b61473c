import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  breakingChanges,
  createCatalog,
  defineDomain,
  defineTopic,
  epochMillisField,
  epochSecondsField,
  keyField,
  type PublishedContracts,
  publishedForm,
} from '../src/index.ts'
import { gameCatalog } from './game.ts'

const current = publishedForm(gameCatalog)

const GONE = Symbol('gone')

/** The current contracts with the value at each path replaced, or removed for GONE. */
function edited(...edits: [path: string[], value: unknown][]): PublishedContracts {
  const copy = structuredClone(current)
  for (const [path, value] of edits) {
    let node = copy as unknown as Record<string, unknown>
    for (const step of path.slice(0, -1)) node = node[step] as Record<string, unknown>
    const last = path.at(-1)!
    if (value === GONE) delete node[last]
    else node[last] = value
  }
  return copy
}

const raw = (...path: string[]): string[] => ['topics', 'game.raw', ...path]

describe('published contracts', () => {
  it('break nothing as they are', () => {
    expect(breakingChanges(current, current)).toEqual([])
  })

  it.each<[string, string[], unknown, string]>([
    ['a field that goes', raw('fields', 'inputkey'), GONE, 'game.raw.inputkey is gone'],
    ['a type that changes', raw('fields', 'x', 'types'), ['string'], 'game.raw.x was number and is string'],
    [
      'an optional field that becomes required',
      raw('fields', 'roomID', 'required'),
      true,
      'game.raw.roomID is now required',
    ],
    [
      'a required field that becomes optional',
      raw('fields', 'x', 'required'),
      false,
      'game.raw.x is no longer always there',
    ],
    [
      'a new required field',
      raw('fields', 'mood'),
      { required: true, types: ['string'], rules: {} },
      'game.raw.mood is new and required',
    ],
    [
      'values no longer taken',
      raw('fields', 'method', 'rules', 'enum'),
      ['/move'],
      'game.raw.method no longer takes "/wait", "/getItem"',
    ],
    [
      'a limit that shrinks',
      raw('fields', 'account', 'rules', 'maxLength'),
      8,
      'game.raw.account: maxLength was 128 and is 8',
    ],
    [
      'a limit that grows from below',
      raw('fields', 'account', 'rules', 'minLength'),
      2,
      'game.raw.account: minLength was 1 and is 2',
    ],
    ['another pattern', raw('fields', 'datetime', 'rules', 'pattern'), '^.*$', 'game.raw.datetime: pattern was'],
    ['another key', raw('key'), 'roomID', 'topic game.raw: key was "account" and is "roomID"'],
    ['another event time', raw('eventTime'), 'createRoomDate', 'topic game.raw: eventTime was "datetime" and is'],
    ['compaction', raw('cleanup'), 'compact', 'topic game.raw: cleanup was "delete" and is "compact"'],
    ['another number of partitions', raw('partitions'), 12, 'topic game.raw: partitions was 6 and is 12'],
    ['smaller records', raw('maxMessageBytes'), 10, 'topic game.raw: maxMessageBytes shrank to 10'],
    ['a lake that no longer has it', raw('sinks', 'lake'), false, 'topic game.raw is no longer kept in the lake'],
    [
      'a mart that no longer has it',
      raw('sinks', 'mart'),
      [],
      'topic game.raw is no longer kept in mart table game_analysis',
    ],
    ['a topic that goes', ['topics', 'game.truth'], GONE, 'topic game.truth is gone'],
    [
      'a column that changes',
      ['tables', 'game_analysis', 'columns', 'x'],
      'text',
      'game_analysis.x was double and is text',
    ],
    ['a column that goes', ['tables', 'game_analysis', 'columns', 'x'], GONE, 'game_analysis.x was double and is gone'],
    [
      'a table key that changes',
      ['tables', 'game_scores_by_player', 'partitionKey'],
      ['datetime'],
      'mart table game_scores_by_player: partitionKey was',
    ],
    [
      'a clustering key that changes',
      ['tables', 'game_scores_by_player', 'clusteringKey'],
      ['datetime asc'],
      'mart table game_scores_by_player: clusteringKey was',
    ],
    ['a table that goes', ['tables', 'game_scores_by_player'], GONE, 'mart table game_scores_by_player is gone'],
  ])('name what breaks: %s', (_, path, value, sentence) => {
    const found = breakingChanges(current, edited([path, value]))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(sentence)
  })

  it('tell seconds from milliseconds in the field of the event time', () => {
    const timedBy = (eventTimeMs: ReturnType<typeof epochSecondsField>): PublishedContracts => {
      const schema = z.looseObject({ car: z.string(), at: z.number() })
      const raw = defineTopic({ name: 'car.raw', schema, keyOf: keyField('car'), eventTimeMs, why: 'Trips.' })
      return publishedForm(createCatalog([defineDomain({ name: 'car', title: 'Cars', topics: { raw } })]))
    }
    expect(breakingChanges(timedBy(epochSecondsField('at')), timedBy(epochMillisField('at')))).toEqual([
      'topic car.raw: eventTime was "`at` (seconds since the epoch)" and is "`at` (milliseconds since the epoch)"',
    ])
  })

  it('take additions', () => {
    const wider = edited(
      [raw('fields', 'mood'), { required: false, types: ['string'], rules: {} }],
      [raw('fields', 'method', 'rules', 'enum'), ['/move', '/wait', '/getItem', '/dance']],
      [raw('fields', 'account', 'rules', 'maxLength'), 256],
      [raw('fields', 'account', 'rules', 'minLength'), 0],
      [['tables', 'game_analysis', 'columns', 'mood'], 'text'],
      [['topics', 'game.new'], current.topics['game.raw']],
    )
    expect(breakingChanges(current, wider)).toEqual([])
  })
})
