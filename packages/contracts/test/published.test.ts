import { describe, expect, it } from 'vitest'
import { breakingChanges, currentContracts, type PublishedContracts } from '../src/index.ts'

const GONE = Symbol('gone')

/** The current contracts with the value at each path replaced, or removed for GONE. */
function edited(...edits: [path: string[], value: unknown][]): PublishedContracts {
  const copy = structuredClone(currentContracts())
  for (const [path, value] of edits) {
    let node = copy as unknown as Record<string, unknown>
    for (const step of path.slice(0, -1)) node = node[step] as Record<string, unknown>
    const last = path.at(-1)!
    if (value === GONE) delete node[last]
    else node[last] = value
  }
  return copy
}

const raw = (...path: string[]): string[] => ['topics', 'lol.raw', ...path]

describe('published contracts', () => {
  it('break nothing as they are', () => {
    expect(breakingChanges(currentContracts(), currentContracts())).toEqual([])
  })

  it.each<[string, string[], unknown, string]>([
    ['a field that goes', raw('fields', 'inputkey'), GONE, 'lol.raw.inputkey is gone'],
    ['a type that changes', raw('fields', 'x', 'types'), ['string'], 'lol.raw.x was number and is string'],
    [
      'an optional field that becomes required',
      raw('fields', 'roomID', 'required'),
      true,
      'lol.raw.roomID is now required',
    ],
    [
      'a required field that becomes optional',
      raw('fields', 'x', 'required'),
      false,
      'lol.raw.x is no longer always there',
    ],
    [
      'a new required field',
      raw('fields', 'mood'),
      { required: true, types: ['string'], rules: {} },
      'lol.raw.mood is new and required',
    ],
    [
      'values no longer taken',
      raw('fields', 'method', 'rules', 'enum'),
      ['/move'],
      'lol.raw.method no longer takes "/wait", "/getItem"',
    ],
    [
      'a limit that shrinks',
      raw('fields', 'account', 'rules', 'maxLength'),
      8,
      'lol.raw.account: maxLength was 128 and is 8',
    ],
    ['another pattern', raw('fields', 'datetime', 'rules', 'pattern'), '^.*$', 'lol.raw.datetime: pattern was'],
    ['another key', raw('key'), 'roomID', 'topic lol.raw: key was "account" and is "roomID"'],
    ['another number of partitions', raw('partitions'), 12, 'topic lol.raw: partitions was 6 and is 12'],
    ['smaller records', raw('maxMessageBytes'), 10, 'topic lol.raw: maxMessageBytes shrank to 10'],
    ['a lake that no longer has it', raw('sinks', 'lake'), false, 'topic lol.raw is no longer kept in the lake'],
    [
      'a mart that no longer has it',
      raw('sinks', 'mart'),
      [],
      'topic lol.raw is no longer kept in mart table lol_analysis',
    ],
    ['a topic that goes', ['topics', 'lol.truth'], GONE, 'topic lol.truth is gone'],
    [
      'a column that changes',
      ['tables', 'lol_analysis', 'columns', 'x'],
      'text',
      'lol_analysis.x was double and is text',
    ],
    ['a column that goes', ['tables', 'lol_analysis', 'columns', 'x'], GONE, 'lol_analysis.x was double and is gone'],
    [
      'a table key that changes',
      ['tables', 'lol_alerts_by_day', 'partitionKey'],
      ['account'],
      'mart table lol_alerts_by_day: partitionKey was',
    ],
    ['a table that goes', ['tables', 'lol_alerts_by_day'], GONE, 'mart table lol_alerts_by_day is gone'],
  ])('name what breaks: %s', (_, path, value, sentence) => {
    const found = breakingChanges(currentContracts(), edited([path, value]))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(sentence)
  })

  it('take additions', () => {
    const wider = edited(
      [raw('fields', 'mood'), { required: false, types: ['string'], rules: {} }],
      [raw('fields', 'method', 'rules', 'enum'), ['/move', '/wait', '/getItem', '/dance']],
      [raw('fields', 'account', 'rules', 'maxLength'), 256],
      [['tables', 'lol_analysis', 'columns', 'mood'], 'text'],
      [['topics', 'lol.new'], currentContracts().topics['lol.raw']],
    )
    expect(breakingChanges(currentContracts(), wider)).toEqual([])
  })
})
