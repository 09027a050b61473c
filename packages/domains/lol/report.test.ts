import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { lol, type Quality } from './contract.ts'
import { curation } from './curate.ts'
import { reporter } from './report.ts'

const { truth, alerts, qualities } = lol.topics
const at = '2024-03-24T11:25:00.000Z'
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

const labelOf = (account: string, roomID: string, cheater: boolean) => ({
  ...{ eventId: uuid(1), datetime: at, kind: 'player-match' as const, account, roomID, roomDay: '2024-03-24' },
  ...{ champion: 'Vex', endedAt: at, cheater, cheat: cheater ? 'teleport' : null },
})
const alertOf = (n: number, account: string, roomID: string) => ({
  ...{ eventId: `${uuid(n)}:alert`, sourceEventId: uuid(n), datetime: at, account, roomID },
  ...{ score: 0.9, evidence: [], modelId: 'test' },
})

it('compares the alerts with the truth by player and match', async () => {
  await using driver = await createTopologyDriver(curation.createTopology({}), { topics: [truth, alerts, qualities] })
  await driver.pipe(
    truth,
    labelOf('ann', 'room 1', true),
    labelOf('ann', 'room 2', false),
    labelOf('bob', 'room 1', true),
    labelOf('cem', 'room 1', false),
  )
  await driver.pipe(alerts, alertOf(1, 'ann', 'room 1'), alertOf(2, 'ann', 'room 1'), alertOf(3, 'ann', 'room 2'))
  const { json, facts } = await reporter.report!(driver.log)
  expect(json).toEqual({
    ...{ alerts: 3, playerMatches: 4, cheating: 2, truePositives: 1, falsePositives: 1, falseNegatives: 1 },
    ...{ precision: 0.5, recall: 0.5 },
    quality: { models: [], kinds: [], honestHours: 0 },
  })
  expect(facts).toContainEqual({ label: 'precision', value: '50 %' })
  expect(facts).toContainEqual({ label: 'honest player-matches accused', value: '1 of 2' })
})

it('says only how many alerts there are where nothing is known to compare them with', async () => {
  await using driver = await createTopologyDriver(curation.createTopology({}), { topics: [truth, alerts, qualities] })
  await driver.pipe(alerts, alertOf(1, 'ann', 'room 1'))
  const { facts, lines } = await reporter.report!(driver.log)
  expect(facts).toEqual([{ label: 'alerts', value: '1' }])
  expect(lines.at(-1)).toBe('  1 alerts; there are no truth records, so precision and recall are not known')
})

it('adds up the newest quality of each window, by kind', async () => {
  await using driver = await createTopologyDriver(curation.createTopology({}), { topics: [truth, alerts, qualities] })
  const of = (window: string, kind: 'all' | 'snap', revision: number, numbers: Partial<Quality>): Quality => ({
    ...{ window: `2024-03-24T${window}:00.000Z`, modelId: 'test', kind, revision },
    ...{ actions: 0, altered: 0, flagged: 0, hits: 0, precision: null, recall: null, averagePrecision: null },
    ...{ alerts: 0, trueAlerts: 0, falseAlerts: 0, cheaters: 0, detected: 0, medianDelaySeconds: null },
    ...{ honestHours: 0, falseAlertsPerHour: null, events: 1 },
    ...numbers,
  })
  await driver.pipe(
    qualities,
    of('11:00', 'snap', 1, { cheaters: 1, altered: 5 }),
    of('11:00', 'snap', 2, { cheaters: 2, detected: 1, altered: 9, hits: 4, medianDelaySeconds: 30 }),
    of('11:05', 'snap', 1, { cheaters: 1, detected: 1, altered: 6, hits: 3, medianDelaySeconds: 50 }),
    of('11:00', 'all', 1, { cheaters: 2, falseAlerts: 1, honestHours: 1.5 }),
    of('11:05', 'all', 1, { cheaters: 1, honestHours: 0.25 }),
  )
  const { json, tables } = await reporter.report!(driver.log)
  expect(json).toMatchObject({
    quality: {
      models: ['test'],
      honestHours: 1.75,
      kinds: [
        { kind: 'all', cheaters: 3, falseAlerts: 1 },
        { kind: 'snap', cheaters: 3, detected: 2, altered: 15, hits: 7, delaySeconds: 30 },
      ],
    },
  })
  expect(tables[0]!.rows.at(-1)).toEqual(['snap', 3, 2, 30, 15, 7, 0])
})
