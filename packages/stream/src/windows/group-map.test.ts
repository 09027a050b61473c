import { array, assert, constantFrom, property } from 'fast-check'
import { it } from 'vitest'
import { GroupMap } from './group-map.ts'
import { groupKey } from './window-records.ts'

/** Few texts, so that groups share their beginnings, and texts that a separator would confuse. */
const groups = array(array(constantFrom('', 'a', 'b', 'ab', '"', '","', '\u0000'), { minLength: 1, maxLength: 3 }))

it('finds what was set last for a group, and nothing for another one', () => {
  assert(
    property(groups, groups, (set, asked) => {
      const map = new GroupMap<{ readonly at: number }>()
      const expected = new Map<string, { readonly at: number }>()
      for (const [at, group] of set.entries()) {
        map.set(group, { at })
        expected.set(groupKey(group), { at })
      }
      for (const group of [...set, ...asked])
        if (map.get(group)?.at !== expected.get(groupKey(group))?.at) throw new Error(`${groupKey(group)} differs`)
    }),
  )
})
