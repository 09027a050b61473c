import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import additive from './additive-evidence/additive-evidence-1.json' with { type: 'json' }
import { loadBuiltInModel, loadModel, readModel } from './load-model.ts'
import builtIn from './time-aware-rule/time-aware-rule-1.json' with { type: 'json' }

describe('models', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'model-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('come with the service', () => {
    expect(loadBuiltInModel().id).toBe('additive-evidence-1')
  })

  it('are read from a file', async () => {
    const file = join(directory, 'model.json')
    await writeFile(file, JSON.stringify({ ...builtIn, id: 'time-aware-rule-2' }))
    expect((await loadModel(file)).id).toBe('time-aware-rule-2')
  })

  it.each(['time-aware-rule-1', 'additive-evidence-1'])('are found by name: %s', async name =>
    expect((await loadModel(name)).id).toBe(name),
  )

  it.each([
    ['a version that is not known', { ...additive, version: 2 }, /version: this service reads version 1/],
    [
      'a kind that is not known',
      { kind: 'oracle' },
      /kind: expected time-aware-rule or additive-evidence, got "oracle"/,
    ],
    ['no object', null, /kind: expected/],
    [
      'tables of other features',
      { ...additive, evidence: { ...additive.evidence, snap: additive.evidence.macro } },
      /evidence\.snap\.tables: expected tables of straightness, /,
    ],
    [
      'a calibration that falls',
      {
        ...additive,
        calibration: [
          [0, 0.5],
          [0.5, 0.2],
          [1, 1],
        ],
      },
      /calibration: expected points/,
    ],
  ])('are refused for %s, with the reason', (_, artefact, reason) =>
    expect(() => readModel(artefact, 'x.json')).toThrow(
      expect.objectContaining({ code: 'model_invalid', message: expect.stringMatching(reason) }),
    ),
  )

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
