import { faker } from '@faker-js/faker/locale/en'
import { simulation } from '@millrace/domains/lol/simulate'
import { fillBuffer } from '../inputs/fill-buffer.ts'
import { defineRow } from '../row.ts'

const EVENTS = 50_000

/** An event as generators are often written: every field by a call of faker. */
const byFaker = (): string =>
  JSON.stringify({
    eventId: faker.string.uuid(),
    datetime: faker.date.recent().toISOString(),
    method: faker.helpers.arrayElement(['/move', '/wait', '/getItem']),
    ingametime: `${faker.number.int({ max: 40 })}:${faker.number.int({ max: 59 })}`,
    ip: faker.internet.ipv4(),
    x: faker.number.int({ min: -400, max: 400 }),
    y: faker.number.int({ min: -400, max: 400 }),
    deathCount: faker.number.int({ max: 10 }),
    id: faker.string.uuid(),
    inputkey: faker.helpers.arrayElement(['q', 'w', 'e', 'r', 'space']),
    account: faker.internet.username(),
    champion: faker.helpers.arrayElement(['ahri', 'ryze', 'neeko']),
    status: faker.number.int({ max: 1 }),
    roomID: faker.string.uuid(),
    createRoomDate: faker.date.recent().toISOString(),
  })

export const row = defineRow({
  title: 'generator ÷ a generator that calls faker for every field',
  unit: 'events/s',
  goal: { bound: 'at least', must: 6, aim: 10 },
  needs: [],
  async ours() {
    const options = simulation.parse({ players: '100', duration: 'forever' })
    const { stream } = simulation.simulate(options, 0)
    return { round: async () => fillBuffer(4 * EVENTS, () => stream.next().value) }
  },
  other: async () => ({ round: async () => fillBuffer(EVENTS, byFaker) }),
})
