import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type LakeManifest, manifestPath } from '@millrace/contracts'
import { createDirectoryLake, newestManifest } from '@millrace/lake'
import { defineCurve } from '../curve.ts'

const TOPIC = 'lol.raw'
const ROWS = 100
const OPENINGS = 200

const manifest = (first: number): LakeManifest => ({
  version: 1,
  topic: TOPIC,
  partition: 0,
  firstOffset: first,
  lastOffset: first + ROWS - 1,
  kind: 'data',
  rows: ROWS,
  files: [],
  eventTimeFrom: null,
  eventTimeTo: null,
  writerId: 'bench',
  createdAt: '2024-03-24T11:00:00.000Z',
})

export const curve = defineCurve({
  title: 'Archiver that takes a partition over and finds the end of the lake, by files that are there',
  of: 'manifests',
  points: [10, 100, 1_000, 10_000, 100_000],
  unit: 'µs per opening',
  needs: [],
  async open({ directory, setting: count }) {
    const root = path.join(directory, String(count))
    mkdirSync(path.dirname(path.join(root, manifestPath(TOPIC, 0, 0))), { recursive: true })
    for (let index = 0; index < count; index++)
      writeFileSync(path.join(root, manifestPath(TOPIC, 0, index * ROWS)), JSON.stringify(manifest(index * ROWS)))
    const lake = createDirectoryLake({ directory: root })
    // As the committed position remembers it: the newest that was there when it was committed.
    const hint = (count - 1) * ROWS
    return {
      async round() {
        const startMs = performance.now()
        for (let i = 0; i < OPENINGS; i++) {
          const newest = await newestManifest(lake, { topic: TOPIC, partition: 0, hint })
          if (newest?.firstOffset !== hint) throw new Error(`Found ${newest?.firstOffset} instead of ${hint}.`)
        }
        return ((performance.now() - startMs) * 1_000) / OPENINGS
      },
      close: () => lake.close(),
    }
  },
})
