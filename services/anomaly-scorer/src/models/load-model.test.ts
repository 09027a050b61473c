import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadBuiltInModel, loadModel, readModel } from './load-model.ts'
import builtIn from './time-aware-rule-1.json' with { type: 'json' }

describe('models', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'model-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('come with the service', () => {
    const { id, thresholds } = loadBuiltInModel()
    expect(id).toBe('time-aware-rule-1')
    expect(thresholds.alert).toBeGreaterThan(thresholds.suspicious)
  })

  it('are read from a file', async () => {
    const file = join(directory, 'model.json')
    await writeFile(file, JSON.stringify({ ...builtIn, id: 'time-aware-rule-2' }))
    expect((await loadModel(file)).id).toBe('time-aware-rule-2')
  })

  it('say what is wrong with them, every field at once', () => {
    const broken = { ...builtIn, thresholds: { suspicious: 2, alert: 0.5 }, wieghts: {} }
    expect(() => readModel(broken, 'x.json')).toThrow(
      expect.objectContaining({
        code: 'model_invalid',
        message: expect.stringMatching(/x\.json.*thresholds\.suspicious.*wieghts/),
      }),
    )
  })

  it('say when they cannot be read', async () => {
    const missing = join(directory, 'none.json')
    await expect(loadModel(missing)).rejects.toMatchObject({ code: 'model_unreadable' })
    const file = join(directory, 'half.json')
    await writeFile(file, '{"id":')
    await expect(loadModel(file)).rejects.toMatchObject({ code: 'model_unreadable' })
  })
})
