import { MAX_RECORD_BYTES } from '@millrace/contracts'
import { ManualClock } from '@millrace/runtime'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everyShape } from './every-shape.ts'
import { FakeLog, failAll } from './fake-log.ts'
import { aKey, anEvent, keyText, startGateway } from './gateway-kit.ts'

const target = { topic: 'lol.raw', path: '/v1/events/lol' }

const blank = fc.constantFrom('', ' ', '\n', '\t', '\r\n')
const text = fc.oneof(
  fc.constantFrom('"é😀"', '"\\u00e9"', '"a\\"b\\\\"', '"\\ud800"', '"]},{["', '"/\\/"'),
  fc.string({ maxLength: 8 }).map(value => JSON.stringify(value)),
)
const number = fc.constantFrom('0', '-0', '1.50', '1E2', '12345678901234567891', '0.1234567890123456789', '1e400', '01')
const anyValue = fc.oneof(
  text,
  number,
  fc.constantFrom('null', 'true', '{}', '[]', '{"a":[{"b":1}]}', '{"__proto__":1}', 'NaN', '"277"', '277'),
)
/** Members of the event that are written in another way than its sample, repeated, left out or added. */
const change = fc.record({
  name: fc.constantFrom('x', 'account', 'datetime', 'note', '__proto__', 'method', 'eventId', 'deathCount'),
  value: anyValue,
  repeats: fc.boolean(),
})

function eventText(changes: readonly { name: string; value: string; repeats: boolean }[], blanks: readonly string[]) {
  const members = Object.entries(anEvent()).map(([name, value]): [string, string] => [name, JSON.stringify(value)])
  for (const { name, value, repeats } of changes) {
    const found = members.find(([known]) => known === name)
    if (found && !repeats) found[1] = value
    else members.push([name, value])
  }
  const pad = (index: number): string => blanks[index % blanks.length]!
  return `{${members.map(([name, value], index) => `${pad(index)}"${name}":${pad(index + 1)}${value}`).join(',')}}`
}

/** What became of an event: its bytes in the log, or the reason under which it was kept. An id that the gateway made is left out. */
function fateOf(event: Buffer, log: FakeLog) {
  const stored = log.of('lol.raw').map(({ key, value }) => {
    const written = value.toString()
    const { eventId } = JSON.parse(written) as { eventId: string }
    return { key: key.toString(), value: event.includes(eventId) ? written : written.replace(eventId, 'made') }
  })
  const refused = log.json('failed-events').map(({ code, path, key, message }) => ({ code, path, key, message }))
  return { stored, refused }
}

describe('an event in every shape', () => {
  it('is stored with the same bytes and key, or refused for the same reason and kept with its bytes', async () => {
    const log = new FakeLog()
    const { post } = await startGateway({ log })
    const reached = new Set<unknown>()
    const property = fc.asyncProperty(
      fc.array(change, { maxLength: 2 }),
      fc.array(blank, { minLength: 1, maxLength: 3 }),
      async (changes, blanks) => {
        const event = Buffer.from(eventText(changes, blanks))
        let expected: ReturnType<typeof fateOf> | undefined
        for (const { name, send } of everyShape) {
          log.stored.length = 0
          const reply = await send(post, event, target)
          expect(reply.status, name).toBeLessThan(500)
          expect(reply.status < 300, name).toBe(log.of('lol.raw').length === 1)
          const fate = fateOf(event, log)
          expected ??= fate
          const code = expected.refused[0]?.code
          reached.add(code)
          if (code === 'not_json') {
            // Where the fault breaks the envelope, the whole body is kept, or nothing if it names no topic.
            expect(fate.stored, name).toEqual([])
            for (const refused of fate.refused) expect(refused.code, name).toBe('not_json')
            continue
          }
          expect(fate, name).toEqual(expected)
          for (const { payload } of log.json('failed-events'))
            expect(Buffer.from(String(payload), 'base64').toString(), name).toBe(event.toString())
        }
      },
    )
    await fc.assert(property, { numRuns: 120 })
    for (const code of [undefined, 'invalid_field', 'not_json', 'forbidden_field']) expect([...reached]).toContain(code)
  })

  it.each(everyShape)(
    'keeps its bytes where they are canonical, and every digit where they are not: $name',
    async ({ send }) => {
      const { post, log } = await startGateway()
      const canonical = JSON.stringify(anEvent({ note: 'é😀' })).replace('"x":277', '"x" : 2.770e2')
      const exact = '"snowflake":12345678901234567891,"nested":{"n":[98765432109876543210,1.50]}'
      const wired = JSON.stringify(anEvent({ x: '277' })).replace('{', `{${exact},`)
      for (const event of [canonical, wired]) expect((await send(post, Buffer.from(event), target)).status).toBe(200)
      const [first, second] = log.of('lol.raw').map(({ value }) => value.toString())
      expect(first).toBe(canonical)
      expect(second).toBe(wired.replace('"x":"277"', '"x":277'))
    },
  )

  it.each(everyShape)('is refused where it is not UTF-8, too deep or too large: $name', async ({ send }) => {
    const { post, log } = await startGateway()
    const latin1 = Buffer.from(JSON.stringify(anEvent({ account: 'Müller' })), 'latin1')
    const deep = JSON.stringify(anEvent({ deep: 'x' })).replace('"x"}', `${'['.repeat(70)}${']'.repeat(70)}}`)
    const large = anEvent({ blob: '' })
    large.blob = 'x'.repeat(MAX_RECORD_BYTES - JSON.stringify(large).length)
    for (const event of [latin1, Buffer.from(deep)]) {
      const reply = await send(post, event, target)
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(reply.status).toBeLessThan(500)
    }
    expect(log.json('failed-events').map(({ code }) => code)).toEqual(['invalid_utf8', 'too_deep'])
    expect(log.json('failed-events').map(({ payload }) => Buffer.from(String(payload), 'base64'))).toEqual([
      latin1,
      Buffer.from(deep),
    ])
    expect((await send(post, Buffer.from(JSON.stringify(large)), target)).status).toBe(200)
    const tooLarge = await send(post, Buffer.from(JSON.stringify({ ...large, more: 1 })), target)
    expect(tooLarge.status).toBe(413)
    expect(log.of('failed-events')).toHaveLength(2)
    expect(log.of('lol.raw')).toHaveLength(1)
  })

  it.each(everyShape)('has the same limits, quotas and deadlines: $name', async ({ send }) => {
    const clock = new ManualClock()
    const { post, log, registry } = await startGateway({
      clock,
      keys: [aKey('test', { quota: { recordsPerSecond: 1 } }), aKey('free'), aKey('other', { topics: ['lol.truth'] })],
      options: { maxBodyBytes: 2_000, maxDecodedBytes: 3_000 },
    })
    const event = (pad = 0) => Buffer.from(JSON.stringify(anEvent({ pad: 'x'.repeat(pad) })))
    const free = { ...target, key: keyText('free') }
    expect((await send(post, event(), target)).status).toBe(200)
    const overdrawn = await send(post, event(), target)
    expect(overdrawn.status).toBe(429)
    expect(overdrawn.headers.get('retry-after')).toBe('1')
    expect((await send(post, event(), { ...target, key: keyText('other') })).status).toBe(403)
    expect((await send(post, event(), { ...target, key: keyText('nobody') })).status).toBe(401)
    expect((await send(post, event(2_000), free)).status).toBe(413)
    log.onAppend = failAll('append_timeout')
    const late = await send(post, event(), free)
    expect(late.status).toBe(503)
    expect(late.headers.get('retry-after')).toBe('5')
    expect(late.headers.get('content-type')).toMatch(/json$/)
    const metrics = await registry.metrics()
    expect(metrics).toMatch(/records_in_total\{topic="lol.raw".*\} 2\n/)
    expect(metrics).toMatch(/records_out_total\{topic="lol.raw".*\} 1\n/)
    expect(metrics).toMatch(/refusals_total\{of="record",code="log_timeout".*\} 1\n/)
    expect(metrics).toMatch(/in_flight_bytes\{.*\} 0\n/)
    expect(new Set(metrics.match(/topic="[^"]*"/g))).toEqual(new Set(['topic="lol.raw"']))
  })
})
