import { createTopologyDriver } from '@millrace/testing'
import { describe, expect, it } from 'vitest'
import { type LolCurated, type LolRaw, lol } from './contract.ts'
import { playersAtWork } from './curate/players-at-work.ts'
import { idOf, moveAt, rawMove } from './curate/raw-move.ts'
import { curation } from './curate.ts'

const HOUR_MS = 3_600_000

/** What the curator makes of the events, by event id. */
async function curate(...events: LolRaw[]): Promise<(n: number) => LolCurated> {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  for (const event of events) await driver.pipe(lol.topics.raw, event)
  const curated = await driver.read(lol.topics.curated)
  expect(curated).toHaveLength(new Set(events.map(event => event.eventId)).size)
  return n => curated.find(event => event.eventId === idOf(n))!
}

const moveColumns = ({ displacement, elapsedMs, speed }: LolCurated) => [displacement, elapsedMs, speed]
const NONE = [null, null, null]

describe('curator', () => {
  it('adds the derived columns to a raw event and keeps the rest, byte for byte', async () => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    const raw = `${JSON.stringify(rawMove({ champion: 'aurelion sol' })).slice(0, -1)},"리그":[1.50,{"a":null}]}`
    await driver.pipeBytes('lol.raw', 'testAccount_56', raw)
    const [record] = await driver.records('lol.curated')
    expect(record?.key.toString()).toBe('testAccount_56')
    // A nested field makes the bytes ambiguous only where the champion changes, so this one is written anew.
    expect(JSON.parse(record!.value.toString())).toEqual({
      ...JSON.parse(raw),
      champion: 'AurelionSol',
      roomDay: '2024-03-24',
      'x+y': -74,
      buyItem: 0,
      displacement: null,
      elapsedMs: null,
      speed: null,
    })
    const canonical = raw.replace('aurelion sol', 'AurelionSol').replace(idOf(1), idOf(2))
    await driver.pipeBytes('lol.raw', 'testAccount_56', canonical)
    const [, second] = await driver.records('lol.curated')
    expect(second!.value.toString()).toBe(
      `${canonical.slice(0, -1)},"roomDay":"2024-03-24","x+y":-74,"buyItem":0,"displacement":0,"elapsedMs":0,"speed":0}`,
    )
  })

  it('tells each move how far it is from the one before, over waits and items, and them nothing', async () => {
    const curated = await curate(
      moveAt(1, 0, { x: 0, y: 0 }),
      moveAt(2, 5, { method: '/wait', x: 0, y: 0 }),
      moveAt(3, 7, { method: '/getItem', x: 50, y: 50 }),
      moveAt(4, 10, { x: 300, y: 400 }),
    )
    expect([1, 2, 3, 4].map(n => moveColumns(curated(n)))).toEqual([NONE, NONE, NONE, [500, 10_000, 50]])
    expect([1, 2, 3, 4].map(n => curated(n).buyItem)).toEqual([0, 0, 1, 0])
  })

  it('tells an event that comes out of order its true distance, and leaves what is published', async () => {
    const curated = await curate(
      moveAt(1, 0, { x: 0, y: 0 }),
      moveAt(2, 20, { x: 100, y: 0 }),
      moveAt(3, 10, { x: 40, y: 0 }),
      moveAt(4, 30, { x: 100, y: 0 }),
    )
    expect([2, 3, 4].map(n => moveColumns(curated(n)))).toEqual([
      [100, 20_000, 5],
      [40, 10_000, 4],
      [0, 10_000, 0],
    ])
  })

  it('keeps an event that is too late, but tells it and others nothing', async () => {
    const curated = await curate(
      moveAt(1, 0, { x: 0, y: 0 }),
      moveAt(2, 301, { x: 30, y: 40 }),
      moveAt(3, 0.5, { x: 999, y: 999 }),
      moveAt(4, 302, { x: 30, y: 50 }),
    )
    expect(moveColumns(curated(3))).toEqual(NONE)
    expect(moveColumns(curated(4))).toEqual([10, 1000, 10])
  })

  it('begins anew in each match and after a long pause, and apart for each player', async () => {
    const other = { account: 'testAccount_57' }
    const curated = await curate(
      moveAt(1, 0),
      moveAt(2, 9, { roomID: 'room-2' }),
      moveAt(3, 10, { ...other, roomID: 'room-2' }),
      moveAt(4, 12, { roomID: 'room-2' }),
      moveAt(5, 313, { roomID: 'room-2' }),
    )
    expect([1, 2, 3, 4, 5].map(n => curated(n).elapsedMs)).toEqual([null, null, null, 3000, null])
  })

  it('curates an event once however often it comes', async () => {
    const curated = await curate(moveAt(1, 0), moveAt(2, 9), moveAt(1, 0), moveAt(2, 9), moveAt(3, 12))
    expect(curated(3).elapsedMs).toBe(3000)
  })

  it.each(['1970-01-01T00:00:00.000Z', '2190-01-01T00:00:00.000Z'])(
    'is not thrown off by an event of %s',
    async datetime => {
      const curated = await curate(moveAt(1, 0), moveAt(2, 9, { datetime }), moveAt(3, 12))
      expect(moveColumns(curated(2))).toEqual(NONE)
      expect(curated(3).elapsedMs).toBe(12_000)
    },
  )

  it('takes the day of the match from the game time where the client sends no room', async () => {
    const {
      roomID: _,
      createRoomDate: __,
      ...event
    } = rawMove({
      datetime: '2024-03-25T00:10:00.000Z',
      ingametime: '10:1',
    })
    expect((await curate(event))(1).roomDay).toBe('2024-03-24')
  })

  it.each([
    ['not JSON', '{"eventId":', 'not_json', null],
    ['no object', '[1]', 'not_an_object', null],
    ['a number as text', JSON.stringify({ ...rawMove(), x: '277' }), 'wrong_field', '/x'],
    ['no account', JSON.stringify({ ...rawMove(), account: undefined }), 'wrong_field', '/account'],
    ['no game time', JSON.stringify({ ...rawMove(), ingametime: 'soon' }), 'wrong_field', '/ingametime'],
    ['no instant', JSON.stringify({ ...rawMove(), datetime: 'now' }), 'wrong_field', '/datetime'],
    ['no start', JSON.stringify({ ...rawMove(), createRoomDate: 'now' }), 'wrong_field', '/createRoomDate'],
  ])('puts a record aside that is poison (%s), and goes on', async (_, payload, code, path) => {
    await using driver = await createTopologyDriver(curation.createTopology({}))
    await driver.pipeBytes('lol.raw', 'testAccount_56', payload)
    await driver.pipe(lol.topics.raw, moveAt(2, 9))
    expect((await driver.read(lol.topics.curated)).map(event => event.eventId)).toEqual([idOf(2)])
    expect(await driver.failed()).toMatchObject([
      { service: 'curator', stage: 'process', code, path, payload: Buffer.from(payload).toString('base64') },
    ])
  })

  it('gives the same after crashes and rebalances as without, and does not read everything again', async () => {
    const events = playersAtWork({ seed: 7, players: 2, durationMs: 5 * HOUR_MS })
    const run = async (disturb: boolean) => {
      await using driver = await createTopologyDriver(curation.createTopology({}), { runner: { pollMs: 5000 } })
      for (let n = 0; n < events.length; n += 150) {
        await driver.pipe(lol.topics.raw, ...events.slice(n, n + 150))
        if (n % 450 === 0) await driver.advance(60_000) // commits, and lets what is silent be forgotten
        if (!disturb) continue
        if (n % 600 === 0) {
          await driver.crash()
          await driver.restart()
        } else if (n % 750 === 0) await driver.rebalance()
      }
      await driver.advance(3000)
      const published = new Map<string, string>()
      for (const { value } of await driver.records('lol.curated')) {
        const text = value.toString()
        const { eventId } = JSON.parse(text)
        // What was published before a crash may be published again, but not otherwise.
        expect(published.get(eventId) ?? text).toBe(text)
        published.set(eventId, text)
      }
      const rewound = [...(await driver.committed('lol.raw')).values()].map(({ metadata }) => metadata.split(' ')[1])
      return { published, rewound }
    }
    const disturbed = await run(true)
    expect(disturbed.published).toEqual((await run(false)).published)
    expect(disturbed.published.size).toBe(new Set(events.map(event => event.eventId)).size)
    expect(disturbed.rewound.some(from => Number(from) > 0)).toBe(true)
  })
})
