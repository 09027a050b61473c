import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { temporaryDirectory } from '@millrace/testing/vitest'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdSpill } from '../src/id-spill.ts'
import { createPayloadDigest } from '../src/payload-digest.ts'

const root = temporaryDirectory('spill')
let run = 0
const fresh = (): string => path.join(root, String(run++))

describe('an id spill', () => {
  it('gives every id of every source back, with how often it came', async () => {
    const ids = fc.array(fc.stringMatching(/^[a-z0-9:/-]{1,12}$/), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(ids, ids, async (a, b) => {
        const directory = fresh()
        const spill = createIdSpill(directory)
        for (const id of a) spill.add('a', id)
        for (const id of b) spill.add('mart:b/c', id)
        spill.add('another', 'x')
        const got = { a: [] as string[], b: [] as string[] }
        for await (const bucket of spill.buckets(['a', 'mart:b/c'])) {
          for (const [id, times] of bucket.get('a') ?? []) got.a.push(...Array<string>(times).fill(id))
          for (const [id, times] of bucket.get('mart:b/c') ?? []) got.b.push(...Array<string>(times).fill(id))
        }
        expect(got.a.sort()).toEqual(a.sort())
        expect(got.b.sort()).toEqual(b.sort())
        await spill.remove()
        expect(existsSync(directory)).toBe(false)
      }),
      { numRuns: 10 },
    )
  })
})

it('gives ids back that it had to write out', async () => {
  const directory = fresh()
  const spill = createIdSpill(directory)
  const ids = Array.from({ length: 50_000 }, (_, n) => `${n}`.padStart(400, '0'))
  for (const id of [...ids, ids[0]!]) spill.add('a', id)
  await spill.relieve()
  expect(existsSync(directory)).toBe(true)
  spill.add('a', ids[0]!)
  const times = new Map<string, number>()
  for await (const bucket of spill.buckets(['a'])) for (const [id, count] of bucket.get('a')!) times.set(id, count)
  expect(times.size).toBe(50_000)
  expect([times.get(ids[0]!), times.get(ids[1]!)]).toEqual([3, 1])
})

it('writes out the largest sources only: each has many files', async () => {
  const directory = fresh()
  const spill = createIdSpill(directory)
  spill.add('small', 'x')
  for (let index = 0; index < 50_000; index++) spill.add('large', `${index}`.padStart(400, '0'))
  await spill.relieve()
  expect(new Set(readdirSync(directory).map(name => name.split('.')[0]))).toEqual(new Set(['large']))
  for await (const bucket of spill.buckets(['small'])) if (bucket.get('small')!.size > 0) return
  expect.unreachable('the id of the small source')
})

describe('payload digests', () => {
  const hashes = (from: number, to: number): Buffer[] =>
    Array.from({ length: to - from }, (_, index) =>
      createHash('sha256')
        .update(String(from + index))
        .digest(),
    )
  const expected = (of: readonly Buffer[]): string => {
    const distinct = [...new Set(of.map(hash => hash.toString('hex')))].sort()
    return `sha256:${createHash('sha256')
      .update(Buffer.from(distinct.join(''), 'hex'))
      .digest('hex')}`
  }

  it('are those of the sorted distinct hashes, of each set and of all', async () => {
    const [a, b] = [hashes(0, 150_000), hashes(100_000, 200_000)]
    const digest = createPayloadDigest(fresh(), ['a', 'b', 'empty'])
    for (const hash of a) {
      digest.add('a', hash)
      await digest.relieve()
    }
    for (const hash of [...b, ...a.slice(0, 9), ...b.slice(0, 9)]) digest.add('b', hash)
    expect(await digest.finish()).toEqual({
      all: expected([...a, ...b]),
      bySet: { a: expected(a), b: expected([...b, ...a.slice(0, 9)]), empty: expected([]) },
    })
  })
})
