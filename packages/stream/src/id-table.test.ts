import fc from 'fast-check'
import { expect, it } from 'vitest'
import { IdTable } from './id-table.ts'

it('tells the first number of every id, of whatever kind', () => {
  const uuid = fc.uuid()
  const id = fc.oneof(
    uuid,
    uuid.map(text => text.toUpperCase()),
    uuid.map(text => text.replace('-', '0')),
    uuid.map(text => text.replace(/.$/, 'ë')),
    uuid.map(text => `${text}:score`),
    fc.string({ maxLength: 3 }),
    fc.string({ minLength: 36, maxLength: 36, unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200 }), fc.array(fc.nat(199), { maxLength: 200 }), (ids, again) => {
      const table = new IdTable()
      const model = new Map<string, number>()
      const all = [...ids, ...again.flatMap(index => ids[index] ?? [])]
      for (const [number, one] of all.entries()) {
        expect(table.get(one)).toBe(model.get(one) ?? null)
        expect(table.putIfAbsent(one, number)).toBe(model.get(one) ?? null)
        if (!model.has(one)) model.set(one, number)
      }
    }),
  )
})

it('tells ids apart that differ in one digit, and keeps many of them', () => {
  const table = new IdTable()
  const idOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
  const count = 100_000
  for (let number = 0; number < count; number++) expect(table.putIfAbsent(idOf(number), number)).toBeNull()
  for (let number = 0; number < count; number++) expect(table.putIfAbsent(idOf(number), 0)).toBe(number)
  const id = '11111111-1111-4111-8111-111111111111'
  expect(table.putIfAbsent(id, 0)).toBeNull()
  for (let digit = 0; digit < id.length; digit++) {
    if (id[digit] === '-') continue
    const other = `${id.slice(0, digit)}f${id.slice(digit + 1)}`
    expect(table.putIfAbsent(other, digit)).toBeNull()
    expect(table.putIfAbsent(other, 0)).toBe(digit)
  }
})

it('tells ids apart that are no UUIDs in lower case', () => {
  const table = new IdTable()
  const ids = ['1111111A', '2222222A', '1111111ë', '2222222ë', '1111111a'].map(
    start => `${start}-1111-4111-8111-111111111111`,
  )
  for (const [number, id] of ids.entries()) expect(table.putIfAbsent(id, number)).toBeNull()
  for (const [number, id] of ids.entries()) expect(table.putIfAbsent(id, 0)).toBe(number)
})
