import type { AgeBand } from '@millrace/contracts'
import { env } from '@millrace/runtime'
import { fillPool } from './pools.ts'
import { Random } from './random.ts'

/** Share of the people in each age band, and the ages that they have. */
const AGE_BANDS = [
  { band: '20-29', share: 0.7, from: 20, to: 29 },
  { band: '30-39', share: 0.15, from: 30, to: 39 },
  { band: '40-49', share: 0.045, from: 40, to: 49 },
  { band: '50-59', share: 0.0105, from: 50, to: 59 },
  { band: '60+', share: 0.0945, from: 60, to: 79 },
] as const satisfies readonly {
  readonly band: AgeBand
  readonly share: number
  readonly from: number
  readonly to: number
}[]

export const genders = ['female', 'male'] as const

export type Gender = (typeof genders)[number]

/** Someone who takes part in several domains under one account. */
export interface Person {
  /** From 0. */
  readonly number: number
  readonly account: string
  readonly name: string
  readonly gender: Gender
  readonly age: number
  readonly ageBand: AgeBand
  readonly ip: string
  readonly address: string
  /** Five digits, the first ones may be 0. */
  readonly zip: string
}

/** The option of domains whose people are those of a world. */
export const worldShape = {
  world: env.text().prefault('1').meta({
    form: '<text>',
    description: 'the people who take part: domains with the same world have the same accounts',
  }),
} as const

export interface World {
  person(number: number): Person
}

/** Worlds by name: generators of one process share the pools of theirs. */
const worlds = new Map<string, World>()

/** The people of a world: pure functions of its name and of their numbers, whatever the seed of a run. */
export function createWorld(name: string): World {
  const world = worlds.get(name) ?? fillWorld(name)
  worlds.set(name, world)
  return world
}

function fillWorld(world: string): World {
  const pool = <T>(name: string, make: Parameters<typeof fillPool<T>>[1]) => fillPool(['world', world, name], make)
  const firstNames = {
    female: pool('female', faker => faker.person.firstName('female')),
    male: pool('male', faker => faker.person.firstName('male')),
  }
  const lastNames = pool('last', faker => faker.person.lastName())
  const addresses = pool('address', faker => faker.location.streetAddress())
  const ips = pool('ip', faker => faker.internet.ipv4({ cidrBlock: '192.168.0.0/16' }))
  const zips = pool('zip', faker => faker.string.numeric({ length: 5, allowLeadingZeros: true }))
  return {
    person(number) {
      const random = new Random('world', world, 'person', number)
      const gender = random.pick(genders)
      let left = random.float()
      const drawn = AGE_BANDS.find(({ share }) => {
        left -= share
        return left < 0
      })
      const { band, from, to } = drawn ?? AGE_BANDS[0]
      return {
        ...{ number, account: `testAccount_${number + 1}`, gender, age: random.int(from, to), ageBand: band },
        name: `${random.pick(firstNames[gender])} ${random.pick(lastNames)}`,
        ip: random.pick(ips),
        address: random.pick(addresses),
        zip: random.pick(zips),
      }
    },
  }
}
