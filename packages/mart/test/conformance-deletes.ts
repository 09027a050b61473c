import type { MartRow } from '@millrace/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mart } from '../src/index.ts'
import { expectedRows } from './expected-rows.ts'
import { readings } from './sample-tables.ts'
import { anyWrites, newPartition, scanAll, writeAt } from './sample-writes.ts'

/** What every adapter does with a row that is deleted. */
export function describeDeletes(mart: () => Mart, { runs }: { readonly runs: number }): void {
  describe('a row that is deleted', () => {
    const key = (partition: MartRow['values']) => ({ ...partition, at: 1, id: 'x' })

    it('is gone, and stays gone when it is written again', async () => {
      const partition = newPartition()
      const row = writeAt(5, { ...key(partition), note: 'a', count: 1 })
      const other = writeAt(5, { ...partition, at: 2, id: 'x', note: 'stays' })
      await mart().upsert(readings, [row, other])
      expect(await mart().writeTimes(readings, [row, other, writeAt(0, { ...row.values, id: 'none' })])).toEqual([
        5,
        5,
        null,
      ])
      await mart().delete(readings, [row])
      await mart().upsert(readings, [row, writeAt(4, { ...key(partition), level: 2 })])
      expect(await mart().select(readings, partition)).toMatchObject([{ at: 2, note: 'stays' }])
      expect(await mart().has(readings, [row, other])).toEqual([false, true])
      expect(await mart().writeTimes(readings, [row])).toEqual([null])
      expect(await scanAll(mart(), readings, ['site', 'id'])).not.toContainEqual({ site: partition.site, note: 'a' })
    })

    it('is there again with what is written later, and with nothing of before', async () => {
      const partition = newPartition()
      await mart().upsert(readings, [writeAt(5, { ...key(partition), note: 'old', count: 1 })])
      await mart().delete(readings, [writeAt(5, key(partition))])
      await mart().upsert(readings, [writeAt(6, { ...key(partition), count: 2 })])
      await mart().upsert(readings, [writeAt(5, { ...key(partition), note: 'old', count: 1 })])
      expect(await mart().select(readings, partition)).toMatchObject([{ note: null, count: 2 }])
      expect(await mart().writeTimes(readings, [writeAt(0, key(partition))])).toEqual([6])
    })

    it('keeps what was written later than the time of the delete', async () => {
      const partition = newPartition()
      await mart().upsert(readings, [
        writeAt(5, { ...key(partition), note: 'old', count: 1 }),
        writeAt(8, { ...key(partition), count: 2 }),
      ])
      await mart().delete(readings, [writeAt(7, key(partition))])
      expect(await mart().select(readings, partition)).toMatchObject([{ note: null, count: 2 }])
      expect(await mart().writeTimes(readings, [writeAt(0, key(partition))])).toEqual([8])
    })

    it('is not made by a write that comes after the delete', async () => {
      const partition = newPartition()
      await mart().delete(readings, [writeAt(5, key(partition))])
      await mart().upsert(readings, [writeAt(5, { ...key(partition), note: 'late' })])
      expect(await mart().select(readings, partition)).toEqual([])
    })

    it('leaves the static columns of its partition, which are deleted by themselves', async () => {
      const partition = newPartition()
      const fixed = writeAt(3, { ...partition, owner: 'kim' })
      await mart().upsert(readings, [writeAt(5, { ...key(partition), note: 'a' }), fixed])
      expect(await mart().writeTimes(readings, [{ values: partition }])).toEqual([3])
      await mart().delete(readings, [writeAt(5, key(partition))])
      expect(await mart().has(readings, [fixed])).toEqual([true])
      await mart().delete(readings, [writeAt(3, partition)])
      await mart().upsert(readings, [fixed])
      expect(await mart().has(readings, [fixed])).toEqual([false])
      expect(await mart().writeTimes(readings, [{ values: partition }])).toEqual([null])
      await mart().upsert(readings, [writeAt(4, { ...partition, owner: 'lee' }), writeAt(6, key(partition))])
      expect(await mart().select(readings, partition)).toMatchObject([{ owner: 'lee', note: null }])
    })

    it('is the same whatever the order of writes and deletes', async () => {
      const anyDelete = fc.record({ time: fc.integer({ min: 1, max: 4 }), id: fc.constantFrom('x', 'y') })
      await fc.assert(
        fc.asyncProperty(
          anyWrites,
          fc.array(anyDelete, { maxLength: 4 }),
          fc.infiniteStream(fc.nat({ max: 1_000_000 })),
          async (writes, deletes, dice) => {
            const partition = newPartition()
            // A write of the key alone makes a row that has no value of its own.
            const rows = writes.map(({ time, values }) => {
              const given: MartRow['values'] = values
              const note = given.id === undefined ? null : (given.note ?? 'n')
              return writeAt(time, { ...partition, ...given, note })
            })
            const deleted = deletes.map(({ time, id }) => writeAt(time, { ...partition, at: 10, id }))
            const steps = [
              ...[...rows, ...rows].map(row => () => mart().upsert(readings, [row])),
              ...[...deleted, ...deleted].map(row => () => mart().delete(readings, [row])),
            ].map(run => ({ run, rank: Number(dice.next().value) }))
            for (const { run } of steps.sort((a, b) => a.rank - b.rank)) await run()
            const isGone = (row: MartRow): boolean =>
              deleted.some(
                ({ values, writeTimeMicros }) =>
                  values.id === row.values.id && values.at === row.values.at && row.writeTimeMicros <= writeTimeMicros,
              )
            const statics = (row: MartRow): MartRow => ({
              ...row,
              values: { ...partition, owner: row.values.owner ?? null, height: row.values.height ?? null },
            })
            expect(await mart().select(readings, partition)).toEqual(
              expectedRows(
                readings,
                rows.map(row => (isGone(row) ? statics(row) : row)),
              ),
            )
          },
        ),
        { numRuns: runs },
      )
    })

    it('is refused without its whole key, or in a table that was never created', async () => {
      const where = key(newPartition())
      await expect(mart().delete(readings, [writeAt(1, { ...where, id: null })])).rejects.toMatchObject({
        code: 'invalid_row',
      })
      await expect(mart().writeTimes(readings, [{ values: { ...where, id: null } }])).rejects.toMatchObject({
        code: 'invalid_row',
      })
      const absent = { ...readings, name: 'absent' }
      await expect(mart().delete(absent, [writeAt(1, where)])).rejects.toMatchObject({ code: 'unknown_table' })
      await expect(mart().writeTimes(absent, [{ values: where }])).rejects.toMatchObject({ code: 'unknown_table' })
    })
  })
}
