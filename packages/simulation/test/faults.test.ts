import { describe, expect, it } from 'vitest'
import { type FaultKind, FaultyActor, noFaults, parseFaultRates, type SimulatedRecord } from '../src/index.ts'
import { createTicker, drain } from './ticker.ts'

const RECORDS = 5000
const FIELDS = ['datetime', 'account', 'x', 'y']

function faulty(rates: Partial<Record<FaultKind, number>>, count = RECORDS): SimulatedRecord[] {
  const options = {
    rates: { ...noFaults, ...rates },
    labels: ['s'],
    topics: ['lol.raw'] as const,
    removableFields: FIELDS,
  }
  return drain(new FaultyActor(createTicker(1, count), options))
}
const clean = drain(createTicker(1, RECORDS))
const cleanById = new Map(clean.map(record => [record.eventId, record]))
const noted = (records: SimulatedRecord[], kind: FaultKind): SimulatedRecord[] =>
  records.filter(record => record.fault?.kind === kind)
const ids = (records: SimulatedRecord[]): string[] => records.map(record => record.eventId)
/** Whether a share of the events is what was asked for, four standard deviations either way. */
function expectShare(count: number, share: number): void {
  expect(Math.abs(count - RECORDS * share)).toBeLessThan(4 * Math.sqrt(RECORDS * share * (1 - share)))
}
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('FaultyActor', () => {
  it('changes nothing at rate 0', () => {
    expect(faulty({})).toEqual(clean)
  })

  it('dup: sends exactly the noted records once more, the same bytes, at most 30 s later', () => {
    const records = faulty({ dup: 0.05 })
    const copies = noted(records, 'dup')
    expectShare(copies.length, 0.05)
    expect(records.length).toBe(clean.length + copies.length)
    const counts = Map.groupBy(records, record => record.eventId)
    expect(
      [...counts]
        .filter(([, own]) => own.length === 2)
        .map(([id]) => id)
        .sort(),
    ).toEqual(ids(copies).sort())
    for (const copy of copies) {
      const original = cleanById.get(copy.eventId)!
      expect(copy.value).toBe(original.value)
      expect(copy.atMs - original.atMs).toBeLessThanOrEqual(30_000)
      expect(copy.fault).toEqual({ kind: 'dup', delayMs: copy.atMs - original.atMs })
    }
  })

  it('late: sends exactly the noted records 30 s to 10 min after their time', () => {
    const records = faulty({ late: 0.05 })
    const late = noted(records, 'late')
    expectShare(late.length, 0.05)
    const moved = records.filter(record => record.atMs !== cleanById.get(record.eventId)!.atMs)
    expect(ids(moved)).toEqual(ids(late))
    for (const record of late) {
      const delayMs = record.atMs - cleanById.get(record.eventId)!.atMs
      expect(record.fault).toEqual({ kind: 'late', delayMs })
      expect(delayMs).toBeGreaterThanOrEqual(30_000)
      expect(delayMs).toBeLessThanOrEqual(600_000)
    }
  })

  it.each([60_000, 600_000, 3_600_000])('holds no record back for more than 10 min, up to %d ms apart', mostMs => {
    const rates = { ...noFaults, 'out-of-order': 0.1, burst: 0.1, late: 0.1 }
    const options = { rates, labels: ['s'], topics: ['lol.raw'], removableFields: FIELDS }
    const records = drain(new FaultyActor(createTicker(1, RECORDS, mostMs), options))
    const sentMs = new Map(drain(createTicker(1, RECORDS, mostMs)).map(({ eventId, atMs }) => [eventId, atMs]))
    expect(records).toHaveLength(sentMs.size)
    for (const { eventId, atMs, fault } of records) {
      const delayMs = atMs - sentMs.get(eventId)!
      expect(delayMs).toBeLessThanOrEqual(600_000)
      if (fault) expect(fault).toMatchObject({ delayMs })
    }
    expect(noted(records, 'out-of-order').length).toBeGreaterThan(0)
    expect(noted(records, 'burst').length).toBeGreaterThan(0)
  })

  it('out-of-order: exactly the noted records come after a later one of their actor', () => {
    const records = faulty({ 'out-of-order': 0.05 })
    const swapped = noted(records, 'out-of-order')
    expectShare(swapped.length, 0.05)
    const place = new Map(clean.map((record, index) => [record.eventId, index]))
    const overtaken = records.filter((record, index) =>
      records
        .slice(Math.max(0, index - 5), index)
        .some(earlier => place.get(earlier.eventId)! > place.get(record.eventId)!),
    )
    expect(ids(overtaken)).toEqual(ids(swapped))
    expect(ids(records).sort()).toEqual(ids(clean).sort())
  })

  it('malformed: exactly the noted records are not JSON and are sent in no other form', () => {
    const records = faulty({ malformed: 0.05 })
    const cut = noted(records, 'malformed')
    expectShare(cut.length, 0.05)
    expect(ids(records.filter(record => !isJson(record.value)))).toEqual(ids(cut))
    expect(ids(records)).toEqual(ids(clean))
  })

  it('missing-field: exactly the noted records lack exactly the noted field', () => {
    const records = faulty({ 'missing-field': 0.05 })
    const lacking = noted(records, 'missing-field')
    expectShare(lacking.length, 0.05)
    expect(ids(records.filter(record => record.value !== cleanById.get(record.eventId)!.value))).toEqual(ids(lacking))
    const fields = new Set<string>()
    for (const record of lacking) {
      if (record.fault?.kind !== 'missing-field') throw new Error('not noted')
      const { field } = record.fault
      fields.add(field)
      const whole = JSON.parse(cleanById.get(record.eventId)!.value) as Record<string, unknown>
      expect({ ...JSON.parse(record.value), [field]: whole[field] }).toEqual(whole)
      expect(JSON.parse(record.value)).not.toHaveProperty(field)
    }
    expect([...fields].sort()).toEqual([...FIELDS].sort())
  })

  it('burst: sends 5 to 30 noted records at one time, in order, and no other record is delayed', () => {
    const records = faulty({ burst: 0.01 })
    const bursts = Map.groupBy(noted(records, 'burst'), record =>
      record.fault?.kind === 'burst' ? record.fault.burst : -1,
    )
    expect(bursts.size).toBeGreaterThan(20)
    let whole = 0
    for (const burst of bursts.values()) {
      expect(new Set(burst.map(record => record.atMs)).size).toBe(1)
      expect(burst.length).toBeLessThanOrEqual(30)
      if (burst.length >= 5) whole++
      const times = burst.map(record => cleanById.get(record.eventId)!.atMs)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
    // A burst is cut short only by a truth record, which comes after every fiftieth.
    expect(whole).toBeGreaterThan(bursts.size / 2)
    const moved = records.filter(record => record.atMs !== cleanById.get(record.eventId)!.atMs)
    expect(moved.every(record => record.fault?.kind === 'burst')).toBe(true)
    expect(ids(records)).toEqual(ids(clean))
  })

  it('never loses, repeats or reorders what it should not when all kinds come together', () => {
    const records = faulty({
      dup: 0.1,
      late: 0.1,
      'out-of-order': 0.1,
      malformed: 0.1,
      'missing-field': 0.1,
      burst: 0.02,
    })
    expect(ids(records.filter(record => record.fault?.kind !== 'dup')).sort()).toEqual(ids(clean).sort())
    const times = records.map(record => record.atMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(records.map(record => record.sequence)).toEqual(records.map((_, index) => index))
    const plain = records.filter(record => record.fault === null && record.topic === 'lol.raw')
    expect(plain.map(record => record.value)).toEqual(plain.map(record => cleanById.get(record.eventId)!.value))
  })

  it.each(['burst', 'out-of-order'] as const)('%s: sends what it still holds back when its actor ends', kind => {
    expect(ids(faulty({ [kind]: 1 }, 3)).sort()).toEqual(ids(clean.slice(0, 3)).sort())
  })

  it('leaves other topics alone and on time', () => {
    const truth = (records: SimulatedRecord[]) =>
      records.filter(record => record.topic === 'lol.truth').map(record => [record.value, record.atMs, record.fault])
    expect(truth(faulty({ dup: 0.3, late: 0.3, malformed: 0.2, burst: 0.2 }))).toEqual(truth(clean))
  })
})

describe('parseFaultRates', () => {
  it('reads shares', () => {
    const { rates, problems } = parseFaultRates('dup=0.01, late=.02,burst=0')
    expect(problems).toEqual([])
    expect(rates).toEqual({ ...noFaults, dup: 0.01, late: 0.02 })
  })

  it.each([
    ['lat=0.1', /Did you mean late\?/],
    ['dup', /dup is "": expected a share from 0 to 1/],
    ['dup=1.5', /expected a share from 0 to 1/],
    ['dup=-1', /expected a share from 0 to 1/],
    ['dup=1%', /expected a share from 0 to 1/],
    ['dup=0.1,dup=0.2', /dup is given twice/],
    ['dup=0.6,late=0.6', /add up to 1.2/],
    ['', /there is no fault ""/],
  ])('says what is wrong with %j', (text, message) => {
    expect(parseFaultRates(text).problems.join('\n')).toMatch(message)
  })
})
