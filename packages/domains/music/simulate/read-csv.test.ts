import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { simulation } from '../simulate.ts'

const folder = temporaryDirectory('music-files')

const CUSTOMERS = 'CustID,Name,Gender,Address,zip,SignDate,Status,Level,Campaign,LinkedWithApps'
const TRACKS = 'TrackId,Title,Artist,Length'
const ANNA = '0,"Anna Berg",1,"1 Mill Lane","00501","06/04/2013",1,2,4,0'
const ROAD = '0,Easy Road,The Millers,200'

let files = 0
function fileOf(content: string | Buffer): string {
  const file = path.join(folder, `${files++}.csv`)
  writeFileSync(file, content)
  return file
}
/** What is read of two files: the reference records of the run, by topic. */
function read(customers: string | Buffer, tracks: string | Buffer = `${TRACKS}\n${ROAD}\n`) {
  const options = { 'customers-file': fileOf(customers), 'tracks-file': fileOf(tracks), model: 'none' }
  const records = simulation.reference!(simulation.parse(options))
  const of = (topic: string) =>
    records.filter(record => record.topic === topic).map(({ value }) => JSON.parse(value) as Record<string, unknown>)
  return { customers: of('music.customers'), tracks: of('music.tracks') }
}
const readTracks = (tracks: string | Buffer) => read(`${CUSTOMERS}\n${ANNA}\n`, tracks).tracks

describe('a file of customers', () => {
  it('is read with the zeros in front of postal codes, quotes, commas and line ends in quotes', () => {
    const { customers } = read(
      `${CUSTOMERS}\n${ANNA}\n7,"O""Neil, Tom",0,"2 Mill Lane\nFlat 3",01234,12/31/1999,0,0,0,1\n`,
    )
    expect(customers).toEqual([
      {
        ...{
          eventId: expect.any(String),
          CustID: 0,
          Name: 'Anna Berg',
          Gender: 1,
          Address: '1 Mill Lane',
          zip: '00501',
        },
        ...{ SignDate: '06/04/2013', Status: 1, Level: 2, Campaign: 4, LinkedWithApps: 0 },
      },
      {
        ...{ eventId: expect.any(String), CustID: 7, Name: 'O"Neil, Tom', Gender: 0, Address: '2 Mill Lane\nFlat 3' },
        ...{ zip: '01234', SignDate: '12/31/1999', Status: 0, Level: 0, Campaign: 0, LinkedWithApps: 1 },
      },
    ])
  })

  it.each([
    ['with a byte order mark', `\uFEFF${CUSTOMERS}\n${ANNA}\n`],
    ['with CRLF', `${CUSTOMERS}\r\n${ANNA}\r\n`],
    ['without a line end at its end', `${CUSTOMERS}\n${ANNA}`],
    ['with empty lines', `${CUSTOMERS}\n\n${ANNA}\n\n`],
    ['with columns in another order and one more', `Extra,${CUSTOMERS}\nx,${ANNA}\n`],
  ])('is read %s', (_, text) => {
    expect(read(text).customers).toMatchObject([{ CustID: 0, Name: 'Anna Berg', zip: '00501' }])
  })

  it('gives a customer the same event id in every run', () => {
    const [first, second] = [read(`${CUSTOMERS}\n${ANNA}\n`), read(`${CUSTOMERS}\n${ANNA}\n`)]
    expect(first.customers[0]?.eventId).toBe(second.customers[0]?.eventId)
    expect(first.tracks[0]?.eventId).toBe(second.tracks[0]?.eventId)
  })

  it.each([
    [
      'a wrong value',
      `${CUSTOMERS}\n${ANNA}\n${ANNA.replace('0,', '1,').replace(',2,4,', ',9,4,')}\n`,
      /line 3: Level is "9": .*2/,
    ],
    [
      'a wrong date',
      `${CUSTOMERS}\n${ANNA.replace('06/04/2013', '2013-06-04')}\n`,
      /line 2: SignDate is "2013-06-04": expected MM\/DD\/YYYY/,
    ],
    ['no number', `${CUSTOMERS}\n${ANNA.replace('0,', 'none,')}\n`, /line 2: CustID is "none": .*expected number/],
    ['an empty field', `${CUSTOMERS}\n${ANNA.replace('"Anna Berg"', '')}\n`, /line 2: Name is "": /],
    ['too few fields', `${CUSTOMERS}\n0,"Anna Berg"\n`, /Invalid Record Length.*line 2/],
    ['a stray quote', `${CUSTOMERS}\n0,An"na\n`, /line 2/],
    [
      'a header without zip',
      `${CUSTOMERS.replace('zip,', '')}\n`,
      /its first line is "CustID,Name,Gender,Address,SignDate,.*expected .*zip/,
    ],
    ['nothing', '', /its first line is "": expected a CSV file with the columns CustID, /],
    ['a header only', `${CUSTOMERS}\n`, /it has no rows/],
    ['a customer twice', `${CUSTOMERS}\n${ANNA}\n${ANNA}\n`, /CustID 0 occurs twice/],
    ['Latin-1', Buffer.from(`${CUSTOMERS}\n${ANNA.replace('Anna', 'Ann\xe9')}\n`, 'latin1'), /it is not UTF-8/],
  ])('with %s is refused, and the message says where', (_, content, message) => {
    expect(() => read(content)).toThrow(message)
  })

  it('that does not exist is named', () => {
    const options = simulation.parse({ 'customers-file': path.join(folder, 'none.csv') })
    expect(() => simulation.reference!(options)).toThrow(/none\.csv.*ENOENT|none\.csv.*no such file/)
    expect(() => simulation.reference!(options)).toThrow(expect.objectContaining({ code: 'read_failed' }))
  })
})

describe('a file of tracks', () => {
  it('is read line by line: the id before the first comma, the length after the last one', () => {
    const lines = [
      ROAD,
      '1,"Road, Long","Millers, The",201',
      '2,Say ""What""?,Nobody,202',
      '3,Silver Blue And Gold, Blue And Gold",147',
      '4,Helplessly Hoping,"Crosby,195',
      '5,Über,물레방아,205',
    ]
    const found = readTracks(`\uFEFF${TRACKS}\r\n${lines.join('\r\n')}\r\n\r\n`)
    expect(found.map(({ TrackId, Title, Artist, Length }) => [TrackId, Title, Artist, Length])).toEqual([
      [0, 'Easy Road', 'The Millers', 200],
      [1, 'Road, Long', 'Millers, The', 201],
      [2, 'Say ""What""?', 'Nobody', 202],
      [3, 'Silver Blue And Gold', 'Blue And Gold', 147],
      [4, 'Helplessly Hoping', 'Crosby', 195],
      [5, 'Über', '물레방아', 205],
    ])
  })

  it.each([
    ['no length', `${TRACKS}\n${ROAD}\n1,Road,Millers,\n`, /line 3: Length is "": /],
    ['a negative length', `${TRACKS}\n0,Road,Millers,-1\n`, /line 2: Length is "-1": .*>=0/],
    ['no id', `${TRACKS}\nRoad,Millers,200\n`, /line 2: TrackId is "Road": /],
    ['one field', `${TRACKS}\nRoad\n`, /line 2: TrackId is "": /],
    [
      'another header',
      `id,${TRACKS}\n`.replace('TrackId', 'Track'),
      /its first line is "id,Track,.*TrackId, Title, Artist, Length/,
    ],
    ['a header only', `${TRACKS}\n`, /it has no rows/],
    ['a track twice', `${TRACKS}\n${ROAD}\n${ROAD}\n`, /TrackId 0 occurs twice/],
  ])('with %s is refused, and the message says where', (_, content, message) => {
    expect(() => readTracks(content)).toThrow(message)
  })
})

describe('recorded listens', () => {
  const readLine = simulation.readLine!

  it('are lines of CSV; a repeated line is the same event', () => {
    const line = '0,48,453,"2014-10-23 03:26:20",0,"02132"'
    expect(JSON.parse(readLine(line)!)).toEqual({
      ...{ eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) },
      ...{ event_id: '0', customer_id: '48', track_id: '453', datetime: '2014-10-23 03:26:20' },
      ...{ ismobile: '0', listening_zip: '02132' },
    })
    expect(readLine(line)).toBe(readLine(line))
    const idOf = (text: string): unknown => JSON.parse(readLine(text)!).eventId
    expect(idOf(line)).not.toBe(idOf(line.replace('0,', '1,')))
  })

  it.each([
    ['JSON', '{"customer_id":1}'],
    ['a header', 'event_id,customer_id,track_id,datetime,ismobile,listening_zip'],
    ['a field too few', '0,48,453,"2014-10-23 03:26:20",0'],
    ['a field too many', '0,48,453,"2014-10-23 03:26:20",0,"72132",x'],
    ['a stray quote', '0,48,453,"2014-10-23 03:26:20,0,72132'],
  ])('are no lines of %s', (_, line) => {
    expect(readLine(line)).toBeNull()
  })
})
