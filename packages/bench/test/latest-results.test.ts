import { expect, it } from 'vitest'
import { latestResults } from '../src/inputs/latest-results.ts'

const window = { timestamp: '2024-03-24T11:00:00.000Z', type: 'app_total_bytes', id: 'SKYPE' }
const eventId = '2024-03-24T11:00:00.000Z app_total_bytes SKYPE'

it('takes the highest revision of each window and group, in whatever order', () => {
  const other = { ...window, id: 'VIBER', value: 7, revision: 1 }
  const results = [{ ...window, value: 3, revision: 2 }, other, { ...window, value: 1, revision: 1 }]
  expect(latestResults(results)).toEqual([
    { eventId, ...window, value: 3, revision: 2 },
    { eventId: eventId.replace('SKYPE', 'VIBER'), ...other },
  ])
})

it('takes the last one where there are no revisions', () => {
  const results = [
    { ...window, value: 1 },
    { ...window, timestamp: '2024-03-24T11:05:00.000Z', value: 5 },
    { ...window, value: 3 },
  ]
  expect(latestResults(results).map(({ value }) => value)).toEqual([3, 5])
})
