import { allDomains } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { aKey, anEvent, keyText, ndjson, startGateway } from './gateway-kit.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

describe('accepted events', () => {
  it('takes the published sample verbatim and stores it in canonical form', async () => {
    const { post, log } = await startGateway()
    const sample =
      '{"datetime":"2024-03-24T11:25:29.845Z","method":"/move","ingametime":"0:0","ip":"192.168.0.50","x":"277","y":"-351","deathCount":"0","id":"b405fd3c-785b-4e42-a825-52a75f3d82a4","inputkey":"b","account":"testAccount_56","champion":"vex","status":"0"}'
    const reply = await post(sample)
    expect(reply.status).toBe(200)
    expect(reply.json).toMatchObject({ accepted: 1, failed: 0, results: [{ index: 0, status: 200 }] })
    const [record] = log.of('lol.raw')
    expect(record?.key.toString()).toBe('testAccount_56')
    expect(JSON.parse(record!.value.toString())).toEqual({
      ...JSON.parse(sample),
      x: 277,
      y: -351,
      deathCount: 0,
      status: 0,
      eventId: reply.json.results[0].eventId,
    })
    expect(reply.json.results[0].eventId).toMatch(UUID)
  })

  it('forwards canonical records as the bytes that were received, in every form of body', async () => {
    const { post, log } = await startGateway()
    const written = [
      JSON.stringify(anEvent({ extra: { deep: [1, null, { a: 'é😀' }] } })),
      JSON.stringify(anEvent()).replace('"x":277', '"x" : 2.770e2'),
    ]
    await post(written[0]!)
    await post(`[ ${written.join(' ,\n ')} ]`)
    await post(`${written.join('\r\n')}\n\n`, { type: 'application/x-ndjson' })
    const [first, second] = written
    expect(log.of('lol.raw').map(({ value }) => value.toString())).toEqual([first, first, second, first, second])
  })

  it('answers each record with its own place, in the order of the request', async () => {
    const { post, log } = await startGateway()
    const events = Array.from({ length: 1_200 }, (_, index) => anEvent({ account: `a${index % 7}` }))
    const reply = await post(ndjson(events), { type: 'application/x-ndjson' })
    expect(reply.json.accepted).toBe(1_200)
    expect(reply.json.results.map((result: { eventId: string }) => result.eventId)).toEqual(
      events.map(({ eventId }) => eventId),
    )
    expect(reply.json.results[700]).toEqual({
      index: 700,
      status: 200,
      eventId: events[700]?.eventId,
      partition: 2,
      offset: 700,
    })
    expect(log.appends).toMatchObject([{ topic: 'lol.raw', records: 1_200 }])
    // What judging the records took is not the log's.
    expect(log.appends[0]!.deadlineMs).toBeGreaterThan(15_000)
    expect(log.appends[0]!.deadlineMs).toBeLessThanOrEqual(30_000)
  })

  it('writes a record anew when it has other forms of numbers, ids or times', async () => {
    const { post, log } = await startGateway()
    const eventId = 'B405FD3C-785B-4E42-A825-52A75F3D82A4'
    await post([
      anEvent({
        eventId,
        datetime: '2024-03-24T20:25:29.8451+09:00',
        x: '12.5',
        createRoomDate: '2024-03-24T11:00:00',
      }),
      anEvent({ note: 'canonical' }),
    ])
    const [wired, canonical] = log.json('lol.raw')
    expect(wired).toMatchObject({
      eventId: eventId.toLowerCase(),
      datetime: '2024-03-24T11:25:29.845Z',
      createRoomDate: '2024-03-24T11:00:00.000Z',
      x: 12.5,
    })
    expect(canonical).toMatchObject({ note: 'canonical', x: 277 })
  })

  it('forwards a canonical record untouched also behind one that had to be written anew', async () => {
    const { post, log } = await startGateway()
    const canonical = JSON.stringify(anEvent()).replace('"x":277', '"x": 277.0')
    await post(`[${JSON.stringify(anEvent({ x: '1' }))},${canonical},${JSON.stringify(anEvent({ x: '2' }))}]`)
    expect(log.of('lol.raw')[1]?.value.toString()).toBe(canonical)
    expect(log.json('lol.raw').map(({ x }) => x)).toEqual([1, 277, 2])
  })

  it('keeps unknown fields, integers beyond the doubles included, when it writes a record anew', async () => {
    const { post, log } = await startGateway()
    const extra = '"snowflake":12345678901234567891,"nested":{"n":[98765432109876543210,1.50]}'
    await post(JSON.stringify(lol.topics.raw.route!.samples[0]!).replace('{', `{${extra},`))
    const text = log.of('lol.raw')[0]!.value.toString()
    expect(text).toContain('"snowflake":12345678901234567891')
    expect(text).toContain('98765432109876543210')
    expect(JSON.parse(text)).toMatchObject({ x: 277, status: 0 })
  })

  it('lets the last of repeated keys count, and says so in the bytes', async () => {
    const { post, log } = await startGateway()
    const [one, two] = [JSON.stringify(anEvent()), JSON.stringify(anEvent({ tag: { k: 1 } }))]
    await post(`[${one.replace('"x":277', '"x":1,"x" :2')},${two.replace('"k":1', '"k":1,"k":3')}]`)
    const texts = log.of('lol.raw').map(({ value }) => value.toString())
    expect(texts[0]?.match(/"x"/g)).toHaveLength(1)
    expect(texts[1]?.match(/"k"/g)).toHaveLength(1)
    expect(log.json('lol.raw')).toMatchObject([{ x: 2 }, { tag: { k: 3 } }])
  })

  it('stores one record a line, however it was laid out', async () => {
    const { post, log } = await startGateway()
    const event = anEvent({ text: 'a line\nbreak' })
    await post(JSON.stringify(event, null, 2))
    const { value } = log.of('lol.raw')[0]!
    expect(value.includes('\n')).toBe(false)
    expect(JSON.parse(value.toString())).toEqual(event)
  })

  it('takes events from 1970 and 2190 like any other', async () => {
    const { post, log } = await startGateway()
    const times = ['1970-01-01T00:00:00.000Z', '2190-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z']
    const reply = await post(times.map(datetime => anEvent({ datetime })))
    expect(reply.json).toMatchObject({ accepted: 3, failed: 0 })
    expect(log.json('lol.raw').map(({ datetime }) => datetime)).toEqual(times)
    const sentMs = log.of('lol.raw').map(({ timestampMs }) => timestampMs)
    expect(sentMs.every(ms => Math.abs(ms - Date.now()) < 60_000)).toBe(true)
  })

  it('gives a record without an id the same one for the same request under one Idempotency-Key, and no other', async () => {
    const { post } = await startGateway({ keys: [aKey('test'), aKey('other')] })
    const event = lol.topics.raw.route!.samples[0]!
    const ids = async (body: object, headers: Record<string, string>, key = keyText('test')): Promise<string[]> =>
      (await post(body, { headers, key })).json.results.map((result: { eventId: string }) => result.eventId)
    const first = await ids([event, event], { 'idempotency-key': 'batch-1' })
    expect(new Set(first).size).toBe(2)
    expect(await ids([event, event], { 'idempotency-key': 'batch-1' })).toEqual(first)
    const others = [
      ...(await ids([event], { 'idempotency-key': 'batch-2' })),
      ...(await ids([event], { 'idempotency-key': 'batch-1' }, keyText('other'))),
      ...(await ids([{ ...event, x: '1' }], { 'idempotency-key': 'batch-1' })),
      ...(await ids([event], {})),
    ]
    expect(new Set([...first, ...others]).size).toBe(6)
    for (const id of [...first, ...others]) expect(id).toMatch(UUID)
  })

  it('keeps the id of a record that has one, whatever the Idempotency-Key', async () => {
    const { post } = await startGateway()
    const event = anEvent()
    const reply = await post(event, { headers: { 'idempotency-key': 'k' } })
    expect(reply.json.results[0].eventId).toBe(event.eventId)
  })

  it('forwards a valid traceparent and drops an invalid one', async () => {
    const { post, log } = await startGateway()
    const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    for (const traceparent of [valid, valid.replace('0af', '0AF'), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'x'])
      await post(anEvent(), { headers: { traceparent } })
    expect(log.of('lol.raw').map(({ traceparent }) => traceparent)).toEqual([valid, undefined, undefined, undefined])
  })

  it('lists only what failed when asked for a minimal answer', async () => {
    const { post } = await startGateway()
    const headers = { prefer: 'respond-async, return=minimal' }
    const whole = await post([anEvent(), anEvent()], { headers })
    expect(whole.json).toEqual({ accepted: 2, failed: 0, results: [] })
    expect(whole.headers.get('preference-applied')).toBe('return=minimal')
    const mixed = await post([anEvent(), anEvent({ x: 'far' }), anEvent()], { headers })
    expect(mixed.status).toBe(207)
    expect(mixed.json.results.map(({ index }: { index: number }) => index)).toEqual([1])
  })

  it('takes truth on its own path, for its own topic', async () => {
    const { post, log } = await startGateway()
    const reply = await post(lol.topics.truth.route!.samples[0]!, { path: '/v1/events/lol/truth' })
    expect(reply.status).toBe(200)
    expect(log.json('lol.truth')).toEqual([lol.topics.truth.route!.samples[0]!])
    expect(log.of('lol.raw')).toEqual([])
  })

  it('counts what came in and what was stored, by topic', async () => {
    const { post, registry } = await startGateway()
    await post([anEvent(), anEvent({ x: 'far' })])
    const text = await registry.metrics()
    expect(text).toMatch(/records_in_total\{topic="lol.raw".*\} 2\n/)
    expect(text).toMatch(/records_out_total\{topic="lol.raw".*\} 1\n/)
    expect(text).toMatch(/records_failed_total\{reason="invalid_field".*\} 1\n/)
    expect(text).toMatch(/requests_total\{code="207".*\} 1\n/)
    expect(text).toMatch(/freshness_seconds_count\{.*topic="lol.raw".*\} 1\n/)
    expect(text).toMatch(/in_flight_bytes\{.*\} 0\n/)
  })
})

const routed = allDomains.flatMap(domain =>
  Object.values(domain.topics).flatMap(topic =>
    topic.route ? [{ name: topic.name, domain, topic, route: topic.route }] : [],
  ),
)

describe.each(routed)('null in a record of $name', ({ domain, topic, route }) => {
  const sample = route.samples[0]!
  const fields = Object.entries(topic.schema.shape).map(([name, schema]) => ({
    name,
    isOptional: schema.safeParse(undefined).success,
    isNullable: schema.safeParse(null).success,
  }))
  const withId = { eventId: '00000000-0000-4000-8000-000000000001', ...sample }

  it.each([
    ['with an event id', withId],
    ['without one', sample],
  ])('means that an optional field is missing, and is kept elsewhere: %s', async (_, event) => {
    const { post, log } = await startGateway({ domain, keys: [aKey('test', { topics: [topic.name] })] })
    const optional = fields.filter(({ isOptional, isNullable }) => isOptional && !isNullable).map(({ name }) => name)
    const nullable = fields.filter(({ isNullable }) => isNullable).map(({ name }) => name)
    const nulls = Object.fromEntries([...optional, ...nullable, 'note'].map(name => [name, null]))
    const reply = await post({ ...event, ...nulls }, { path: route.path })
    expect(reply).toMatchObject({ status: 200 })
    const [stored] = log.json(topic.name)
    for (const name of optional) expect(stored).not.toHaveProperty(name)
    for (const name of [...nullable, 'note']) expect(stored).toHaveProperty(name, null)
  })

  it('is refused for a field that every record has', async () => {
    const { post } = await startGateway({ domain, keys: [aKey('test', { topics: [topic.name] })] })
    for (const { name, isOptional, isNullable } of fields)
      if (!isOptional && !isNullable && name !== 'eventId')
        expect((await post({ ...withId, [name]: null }, { path: route.path })).json).toMatchObject({
          status: 422,
          pointer: `/${name}`,
        })
  })
})
