import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { lol } from './contract.ts'
import { curation } from './curate.ts'
import { reporter } from './report.ts'

const { truth, alerts } = lol.topics
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
  await using driver = await createTopologyDriver(curation.createTopology({}), { topics: [truth, alerts] })
  await driver.pipe(
    truth,
    labelOf('ann', 'room 1', true),
    labelOf('ann', 'room 2', false),
    labelOf('bob', 'room 1', true),
    labelOf('cem', 'room 1', false),
  )
  await driver.pipe(alerts, alertOf(1, 'ann', 'room 1'), alertOf(2, 'ann', 'room 1'), alertOf(3, 'ann', 'room 2'))
  const { json } = await reporter.report!(driver.log)
  expect(json).toEqual({
    ...{ alerts: 3, playerMatches: 4, cheating: 2, truePositives: 1, falsePositives: 1, falseNegatives: 1 },
    ...{ precision: 0.5, recall: 0.5 },
  })
})
