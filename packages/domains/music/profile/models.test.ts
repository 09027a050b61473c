import { createTopologyDriver, type TopologyDriver } from '@millrace/testing'
import { array, assert, asyncProperty, constantFrom, integer, oneof, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AdTargetModel, music } from '../contract.ts'
import { disturbances, modelOf, type Row, runDisturbed, uuid } from '../test/disturbed.ts'
import { createModelsTopology } from './models.ts'

const { models, acceptedModels } = music.topics
const topology = (log: Parameters<typeof createModelsTopology>[0]['log']) => createModelsTopology({ log })
const modelsDriver = (): Promise<TopologyDriver> => createTopologyDriver(topology)

describe('models for advertising targets', () => {
  it('are accepted where each is newer than every one before; others are failed events', async () => {
    await using driver = await modelsDriver()
    const again = modelOf(2, { eventId: uuid(1), threshold: 0.9 })
    await driver.pipe(models, modelOf(2), modelOf(1), modelOf(5), again)
    expect(await driver.read(acceptedModels)).toEqual([modelOf(2), modelOf(5)])
    expect(await driver.failed()).toMatchObject([
      { code: 'outdated', path: '/version', sourceEventId: modelOf(1).eventId, topic: models.name, offset: 1 },
      { code: 'outdated', path: '/version', sourceEventId: again.eventId, topic: models.name, offset: 3 },
    ])
    expect((await driver.failed())[0]?.message).toBe(
      'version 1 is not newer than 2, which was accepted before: publish a greater version',
    )
  })

  it.each([
    ['not_json', null, '{'],
    ['wrong_field', '', []],
    ['wrong_field', '/name', { ...modelOf(1), name: 'other' }],
    ['wrong_field', '/version', { ...modelOf(1), version: 0 }],
    ['wrong_field', '/coefficients', { ...modelOf(1), coefficients: [1, 2, 3] }],
    ['wrong_field', '/coefficients/5', { ...modelOf(1), coefficients: [1, 2, 3, 4, 5, null] }],
    ['wrong_field', '/features/0', { ...modelOf(1), features: modelOf(1).features.toReversed() }],
    ['wrong_field', '/threshold', { ...modelOf(1), threshold: 1.5 }],
    ['wrong_field', '/minPlays', { ...modelOf(1), minPlays: 0 }],
    ['wrong_field', '/error', { ...modelOf(1), error: 2 }],
  ])('are refused where malformed: %s %s', async (code, path, model) => {
    await using driver = await modelsDriver()
    await driver.pipeBytes(models.name, 'ad-target', typeof model === 'string' ? model : JSON.stringify(model))
    expect(await driver.read(acceptedModels)).toEqual([])
    expect(await driver.failed()).toMatchObject([{ code, path }])
    await driver.pipe(models, modelOf(1))
    expect(await driver.read(acceptedModels)).toHaveLength(1)
  })

  it('that are sent again are dropped, also after a restart', async () => {
    await using driver = await modelsDriver()
    await driver.pipe(models, modelOf(1), modelOf(1), modelOf(2), modelOf(1))
    await driver.advance(1_500)
    await driver.restart()
    await driver.pipe(models, modelOf(2), modelOf(1), modelOf(1, { eventId: uuid(1) }))
    expect(await driver.read(acceptedModels)).toEqual([modelOf(1), modelOf(2)])
    expect(await driver.failed()).toMatchObject([{ code: 'outdated', sourceEventId: uuid(1) }])
  })

  it('are accepted once each, whatever happens to the process', async () => {
    const rows = record({ version: integer({ min: 1, max: 6 }), threshold: constantFrom(0.1, 0.2) }).map(
      ({ version, threshold }): Row => {
        const eventId = uuid(1000 + 10 * version + 10 * threshold)
        return { kind: 'row', to: 'models', event: modelOf(version, { threshold, eventId }) }
      },
    )
    const deed = oneof({ weight: 3, arbitrary: rows }, { weight: 2, arbitrary: disturbances })
    await assert(
      asyncProperty(array(deed, { minLength: 3, maxLength: 14 }), deeds =>
        runDisturbed(topology, deeds, async ({ driver }) => {
          const sent = deeds.flatMap(deed => (deed.kind === 'row' ? [deed.event as AdTargetModel] : []))
          const accepted: AdTargetModel[] = []
          const refused = new Set<string>()
          for (const model of sent) {
            if (accepted.some(({ eventId }) => eventId === model.eventId)) continue
            if (accepted.every(({ version }) => version < model.version)) accepted.push(model)
            else refused.add(model.eventId)
          }
          expect(await driver.read(acceptedModels)).toEqual(accepted)
          expect(new Set((await driver.failed()).map(({ sourceEventId }) => sourceEventId))).toEqual(refused)
        }),
      ),
      { numRuns: 40, endOnFailure: true },
    )
  }, 120_000)
})
