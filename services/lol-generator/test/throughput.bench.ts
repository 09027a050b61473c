/*
 * How fast records are made, as ratios taken in turn in one process: `node services/lol-generator/test/throughput.bench.ts`.
 * Each contender makes the same number of records and puts them into buffers of 1,000 lines.
 */

import { faker } from '@faker-js/faker/locale/en'
import { lolChampions } from '@millrace/contracts'
import { createLolSimulation, parseGeneratorOptions } from '../src/index.ts'

const RECORDS = 100_000
const ROUNDS = 7

function simulated(faults?: string): () => string {
  const parsed = parseGeneratorOptions({ duration: 'forever', faults })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { stream } = createLolSimulation(parsed.options, 0)
  return () => stream.next().value
}

const sample = JSON.parse(simulated()()) as Record<string, unknown>

const contenders: Record<string, () => string> = {
  'constant through JSON.stringify': () => JSON.stringify(sample),
  generator: simulated(),
  'generator with faults': simulated(
    'dup=0.01,late=0.02,out-of-order=0.01,malformed=0.01,missing-field=0.01,burst=0.001',
  ),
  'faker for every field': () =>
    JSON.stringify({
      eventId: faker.string.uuid(),
      datetime: faker.date.recent().toISOString(),
      method: faker.helpers.weightedArrayElement([
        { weight: 15, value: '/wait' },
        { weight: 3, value: '/getItem' },
        { weight: 82, value: '/move' },
      ]),
      ingametime: `${faker.number.int(59)}:${faker.number.int(59)}`,
      ip: faker.internet.ipv4(),
      x: faker.number.int({ min: -400, max: 400 }),
      y: faker.number.int({ min: -400, max: 400 }),
      deathCount: faker.number.int(5),
      id: faker.string.uuid(),
      inputkey: faker.helpers.arrayElement(['q', 'w', 'e', 'r', 'space', 'b', 'd', 'f', 'none']),
      account: `testAccount_${faker.number.int(100)}`,
      champion: faker.helpers.arrayElement(lolChampions),
      status: faker.number.int(1),
      roomID: faker.string.uuid(),
      createRoomDate: faker.date.recent().toISOString(),
    }),
}

/** Records per second. */
function measure(make: () => string): number {
  const began = performance.now()
  let bytes = 0
  for (let done = 0; done < RECORDS; done += 1000) {
    let lines = ''
    for (let index = 0; index < 1000; index++) lines += `${make()}\n`
    bytes += Buffer.from(lines).length
  }
  if (bytes < RECORDS) throw new Error('nothing was made')
  return RECORDS / ((performance.now() - began) / 1000)
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

const rates = Object.fromEntries(Object.keys(contenders).map(name => [name, [] as number[]]))
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, make] of Object.entries(contenders)) {
    const rate = measure(make)
    if (round > 0) rates[name]!.push(rate)
  }
const rate = Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, median(values)]))
for (const [name, value] of Object.entries(rate)) console.log(`${name}: ${Math.round(value / 1000)} k records/s`)
console.log(`E1 ${(rate.generator! / rate['constant through JSON.stringify']!).toFixed(2)} (must 0.5, aim 1.0)`)
console.log(`E2 ${(rate.generator! / rate['faker for every field']!).toFixed(1)} (must 6, aim 10)`)
