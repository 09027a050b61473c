import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, systemClock } from '@millrace/runtime'
import { expect, it } from 'vitest'
import { createGenerator, defineOptions, mergeActors, type SimulatedRun } from '../src/index.ts'
import { createMemorySink } from './memory-sink.ts'
import { createTicker, START_MS } from './ticker.ts'

it('a generator asks for golden answers where they are to be written only, as a simulation may do its work again for them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-golden-'))
  const path = join(folder, 'golden.ndjson')
  let asked = 0
  const options = defineOptions({}, () => {})
  const simulation = {
    ...{ domain: 'ticks', topics: [], ...options },
    simulate: (): SimulatedRun => ({
      stream: mergeActors([createTicker(1, 10)]),
      span: { startMs: START_MS, endMs: START_MS + 60_000 },
      golden: () => ({ ticks: [{ n: ++asked }] }),
    }),
  }
  try {
    for (const given of [{}, { golden: path }]) {
      const generator = createGenerator({
        simulation,
        options: options.parse(given),
        sink: createMemorySink(),
        clock: systemClock,
        logger: createLogger('test', { level: 'silent' }),
      })
      await generator.start()
      await generator.finished
    }
    expect(await readFile(path, 'utf8')).toBe('{"table":"ticks","rows":1}\n{"table":"ticks","row":{"n":1}}\n')
    expect(asked).toBe(1)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
