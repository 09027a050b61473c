import { expect, it } from 'vitest'
import { jsonPointer } from '../src/index.ts'

it.each([
  [[], ''],
  [['x'], '/x'],
  [['evidence', 3, 'score'], '/evidence/3/score'],
  [['a/b', '~1', ''], '/a~1b/~01/'],
])('writes %j as the JSON pointer %j', (path, pointer) => {
  expect(jsonPointer(path)).toBe(pointer)
})
