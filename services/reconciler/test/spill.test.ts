import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createIdSpill } from '../src/id-spill.ts'
import { createPayloadDigest } from '../src/payload-digest.ts'

const root = mkdtempSync(path.join(os.tmpdir(), 'spill-'))
let run = 0
const fresh = (): string => path.join(root, String(run++))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('an id spill', () => {
  it('gives every id of every source back, with how often it came', async () => {
    const ids = fc.array(fc.stringMatching(/^[a-z0-9:/-]{1,12}$/), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(ids, ids, async (a, b) => {
        const directory = fresh()
        const spill = createIdSpill(directory)
        for (const id of a) await spill.add('a', id)
        for (const id of b) await spill.add('mart:b/c', id)
        const got = { a: [] as string[], b: [] as string[] }
        for await (const bucket of spill.buckets()) {
          for (const [id, times] of bucket.get('a') ?? []) got.a.push(...Array<string>(times).fill(id))
          for (const [id, times] of bucket.get('mart:b/c') ?? []) got.b.push(...Array<string>(times).fill(id))
        }
        expect(got.a.sort()).toEqual(a.sort())
        expect(got.b.sort()).toEqual(b.sort())
        expect(existsSync(directory)).toBe(false)
      }),
      { numRuns: 10 },
    )
  })
})

describe('a payload digest', () => {
  it('is that of the sorted distinct hashes', async () => {
    const hashes = Array.from({ length: 300_000 }, (_, index) =>
      createHash('sha256')
        .update(String(index % 200_000))
        .digest(),
    )
    const digest = createPayloadDigest(fresh())
    for (const hash of hashes) await digest.add(hash)
    const distinct = [...new Set(hashes.map(hash => hash.toString('hex')))].sort()
    const expected = createHash('sha256')
      .update(Buffer.from(distinct.join(''), 'hex'))
      .digest('hex')
    expect(await digest.finish()).toBe(`sha256:${expected}`)
  })
})
