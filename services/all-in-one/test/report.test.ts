import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import type { MartValue } from '@millrace/contracts'
import { domainNames } from '@millrace/domains'
import { catalog } from '@millrace/domains/contracts'
import { reporters } from '@millrace/domains/reports'
import { createEmbeddedEventLog } from '@millrace/event-log'
import { createEmbeddedMart } from '@millrace/mart'
import { createLogger, systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { type DefaultTreeAdapterMap, parse } from 'parse5'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('report')
const at = (name: string): string => path.join(directory, name)

async function millrace(...args: string[]) {
  const terminal = captureTerminal()
  const abort = new AbortController()
  const say = (line: string): void => {
    terminal.say(line)
    if (line.includes('Ctrl-C stops it')) abort.abort()
  }
  const code = await runCli(args, {
    terminal: { ...terminal, say },
    stdin: Readable.from([]),
    signal: abort.signal,
    environment: { INIT_CWD: directory },
    clock: systemClock,
  })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

type Node = DefaultTreeAdapterMap['node']

/** What a reader sees, and the tags of the page. */
function read(html: string) {
  const tags: string[] = []
  const texts: string[] = []
  const visit = (node: Node): void => {
    if ('tagName' in node) tags.push(node.tagName)
    if ('value' in node) texts.push(node.value)
    if ('childNodes' in node && !('tagName' in node && node.tagName === 'style'))
      for (const child of node.childNodes) visit(child)
  }
  visit(parse(html))
  return { tags, text: texts.join(' ').replace(/\s+/g, ' ') }
}

const readPage = (file: string) => read(readFileSync(file, 'utf8'))
const sameLines = (html: string): string => html.replaceAll(/plot-clip-\d+/g, '')
const short = ['--players', '20', '--rooms', '2', '--duration', '2m']

let demo: Awaited<ReturnType<typeof millrace>>
let json: Record<string, { expected: number; matching: number }> & { digest: string; detection: { alerts: number } }
beforeAll(async () => {
  demo = await millrace('demo', '--data', at('run'), '--report', at('run.json'), '--seed', '7', ...short)
  json = JSON.parse(readFileSync(at('run.json'), 'utf8'))
})

describe('the page of the demo', () => {
  it('is in its folder, and the demo says so', () => {
    expect(demo.code).toBe(0)
    expect(demo.out).toContain(`page              ${at('run/report.html')}`)
  })

  it('has what the other reports have: generators, reconciliation, golden answers, digest, detection', () => {
    const { text } = readPage(at('run/report.html'))
    const sent = Object.values(json.generated as unknown as Record<string, { emitted: number }>)
    const emitted = sent.reduce((sum, summary) => sum + summary.emitted, 0)
    expect(text).toContain(`${sent.length} generators ${emitted.toLocaleString('en-US')} records sent`)
    expect(text).toContain('No missing and no duplicate events.')
    expect(text).toContain(json.digest)
    const golden = Object.values(json.golden as unknown as Record<string, { matching: number }>)
    const matching = golden.reduce((sum, table) => sum + table.matching, 0)
    expect(text).toContain(`All ${matching.toLocaleString('en-US')} rows of ${golden.length} derived tables are as`)
    expect(text).toContain(`alerts ${json.detection.alerts} `)
  })

  it('has a section for each domain, with its pictures or why there are none', () => {
    const { text, tags } = readPage(at('run/report.html'))
    const titles = reporters.flatMap(({ pictures = [] }) => pictures.map(({ title }) => title))
    expect(titles.length).toBeGreaterThanOrEqual(domainNames.length)
    for (const { name, title } of catalog.domains) expect(text).toContain(`${name}: ${title}`)
    for (const title of titles) expect(text).toContain(title)
    expect(tags.filter(tag => tag === 'figure').length).toBeGreaterThanOrEqual(titles.length - 1)
    expect(tags.filter(tag => ['script', 'link', 'img', 'iframe'].includes(tag))).toEqual([])
  })
})

describe('millrace report', () => {
  it('makes the same page of the data alone, but for what only the generators knew', async () => {
    const { code, out } = await millrace('report', '--data', at('run'), '--out', at('again.html'))
    expect({ code, out }).toEqual({ code: 0, out: `Page: ${at('again.html')}` })
    const withoutGenerators = readFileSync(at('run/report.html'), 'utf8').replace(
      /<li><strong>\d generators.*?<\/li>/,
      '',
    )
    expect(sameLines(readFileSync(at('again.html'), 'utf8')) === sameLines(withoutGenerators)).toBe(true)
  })

  it('writes to standard output, and into the data folder where no file is named', async () => {
    const { code, out } = await millrace('report', '--data', at('run'), '--out', '-', '--domains', 'web')
    expect(code).toBe(0)
    expect(out.startsWith('<!doctype html>')).toBe(true)
    expect(read(out).text).not.toContain('Lost Ark')
    cpSync(at('run'), at('bare'), { recursive: true, filter: source => !/ledger|golden|report\.html/.test(source) })
    expect(await millrace('report', '--data', at('bare'), '--domains', 'web')).toMatchObject({
      code: 0,
      out: `Page: ${at('bare/report.html')}`,
    })
  })

  it('says what is not known, without a ledger and golden answers', () => {
    const { text } = readPage(at('bare/report.html'))
    expect(text).toContain('How many events the gateway acknowledged is not known here')
    expect(text).toContain('No golden answers are known for this data')
    expect(text).not.toMatch(/events acknowledged|golden rows matched/)
  })

  it('says that a run is empty', async () => {
    expect(await millrace('gateway', '--port', '0', '--data', at('empty'))).toMatchObject({ code: 0 })
    expect(await millrace('report', '--data', at('empty'))).toMatchObject({ code: 0 })
    const { text, tags } = readPage(at('empty/report.html'))
    expect(text).toContain('The run is empty: the log has no event of any domain.')
    expect(tags).not.toContain('svg')
    const { code, err } = await millrace('heatmap', 'shop.example/', '--data', at('empty'), '--out', at('none.svg'))
    expect({ code, err }).toEqual({ code: 2, err: 'No page was viewed: there is nothing to draw.' })
    expect(existsSync(at('none.svg'))).toBe(false)
  })

  it('shows names from outside as text, and differences loudly', async () => {
    cpSync(at('run'), at('hostile'), { recursive: true })
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e'
    const mart = await createEmbeddedMart({ file: at('hostile/mart.db') })
    const put = (table: string, values: Readonly<Record<string, MartValue>>) =>
      mart.upsert(catalog.table(table), [{ values, writeTimeMicros: Number.MAX_SAFE_INTEGER }])
    const [day, minute] = ['2024-03-24', Date.parse('2024-03-24T11:00:00Z')]
    const counts = { events: 1, revision: 1 }
    await put('web_funnel', {
      day,
      page: hostile,
      variant: hostile,
      entered: 1e6,
      viewed: 1e6,
      clicked: 1e6,
      continued: 0,
      ...counts,
    })
    await put('web_heat', { page: hostile, day, layout: 'phone', cell_x: 1, cell_y: 1, clicks: 9, moves: 0, ...counts })
    const boxes = JSON.stringify([{ tag: hostile, x: 0, y: 0, width: 390, height: 99 }])
    const size = { document_width: 390, document_height: 800 }
    await put('web_outlines', { page: hostile, layout: 'phone', seen_at: minute, ...size, boxes })
    await put('antenna_bytes', { timestamp: minute, type: 'app_total_bytes', id: hostile, value: 1e9, ...counts })
    await put('hotel_funnel', {
      day,
      window: minute,
      gender: hostile,
      age: hostile,
      views: 1,
      place_views: 1,
      purchases: 1,
      refunds: 0,
      ...counts,
    })
    await mart.close()
    const logger = createLogger('test', { level: 'silent' })
    const log = await createEmbeddedEventLog({ directory: at('hostile/log'), clock: systemClock, logger })
    const producer = await log.producer({ clientId: 'test' })
    const texts = ['no JSON', 'null', '"text"', '{"datetime":"9999-01-01T00:00:00.000Z"}']
    const records = texts.map(value => ({ key: Buffer.from('a'), value: Buffer.from(value), timestampMs: minute }))
    const stored = await producer.append('hotel.raw', records, { deadlineMs: 30_000 })
    expect(stored.map(({ ok }) => ok)).toEqual([true, true, true, true])
    await producer.close()
    await log.close()
    const { code, err } = await millrace('report', '--data', at('hostile'), '--domains', 'web,antenna,hotel')
    expect(code).toBe(3)
    expect(err).toContain('THE STORES DIFFER')
    const html = readFileSync(at('hostile/report.html'), 'utf8')
    const { text, tags } = read(html)
    expect(tags.filter(tag => ['script', 'img'].includes(tag))).toEqual([])
    expect(html.includes('\u202e')).toBe(false)
    expect(text).not.toContain('9999')
    expect(text.split('"><script>alert(1)</scrip').length).toBeGreaterThan(4)
    expect(text).toMatch(/✗ The stores differ: |✗ .* rows differ from what the simulation knows/)
    const heat = await millrace('heatmap', hostile, '--data', at('hostile'), '--out', '-')
    expect(heat.code).toBe(0)
    expect(read(heat.out).tags.filter(tag => ['script', 'img'].includes(tag))).toEqual([])
  })

  it.each([
    [['--data', at('nowhere')], /There is no data in .*nowhere: run "npm run demo" first/],
    [
      ['--data', at('nowhere'), '--out', at('no/x.html')],
      /--out is ".*x\.html": there is no folder .*no\. Expected a file/,
    ],
    [['--data', at('nowhere'), '--out', directory], /--out is ".*": that is a folder\. Expected the path of a file\./],
    [['--golden', at('nowhere')], /There are no golden answers in .*nowhere/],
    [['--ledger', at('nowhere')], /There is no ledger in .*nowhere/],
    [['--domains', 'wbe'], /--domains has "wbe": did you mean web\?/],
    [['--dta', 'x'], /unknown option '--dta'[\s\S]*Did you mean --data\?/],
  ])('is refused before any work: %j', async (args, message) => {
    const { code, err } = await millrace('report', ...args)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })
})

describe('millrace heatmap', () => {
  const heatmap = (...args: string[]) => millrace('heatmap', ...args, '--data', at('run'))

  it('draws the outline of a page and a cell for each one with clicks', async () => {
    const { code, out, err } = await heatmap('shop.example/product', '--layout', 'phone', '--out', at('product.svg'))
    expect({ code, out }).toEqual({ code: 0, out: at('product.svg') })
    const mart = await createEmbeddedMart({ file: at('run/mart.db'), readOnly: true })
    const partition = { page: 'shop.example/product', day: '2024-03-24' }
    const rows = (await mart.select(catalog.table('web_heat'), partition)).filter(
      ({ layout, clicks }) => layout === 'phone' && Number(clicks) > 0,
    )
    const [{ boxes }] = (await mart.select(catalog.table('web_outlines'), { page: partition.page })).filter(
      ({ layout }) => layout === 'phone',
    ) as [{ boxes: string }]
    await mart.close()
    const clicks = rows.reduce((sum, row) => sum + Number(row.clicks), 0)
    expect(err).toBe(`shop.example/product on 2024-03-24, phone: ${clicks} clicks`)
    const { tags } = readPage(at('product.svg'))
    expect(rows.length).toBeGreaterThan(10)
    expect(tags.filter(tag => tag === 'circle')).toHaveLength(rows.length)
    // Besides the boxes there are the frame and what limits the drawing to it.
    expect(tags.filter(tag => tag === 'rect')).toHaveLength(JSON.parse(boxes).length + 2)
  })

  it('draws mouse moves, and the layout with the most of them, into a file named after the page', async () => {
    const { code, out, err } = await heatmap('shop.example/', '--moves')
    expect(code).toBe(0)
    expect(out).toBe(at('heatmap-shop.example.svg'))
    expect(err).toMatch(/^shop\.example\/ on 2024-03-24, desktop: \d+ moves$/)
    expect(readdirSync(directory)).toContain('heatmap-shop.example.svg')
  })

  it.each([
    [
      ['shop.example/produkt'],
      /^No page "shop\.example\/produkt" on 2024-03-24\. Did you mean shop\.example\/product\? Pages of that day: shop\.example\/,/,
    ],
    [['shop.example/', '--day', '2024-03-23'], /^No page was viewed on 2024-03-23: .*Leave --day out/],
    [['shop.example/', '--day', 'today'], /^--day is "today": expected a day, YYYY-MM-DD\./],
    [['shop.example/', '--day', '2024-02-30'], /^--day is "2024-02-30": expected a day/],
    [['shop.example/', '--layout', 'watch'], /^--layout is "watch": expected phone, tablet, desktop\./],
    [['shop.example/', '--layout', 'tablet'], /has no clicks in the layout tablet\. Layouts with clicks: \w+ \(\d+\)/],
    [['shop.example/', '--out', at('no/x.svg')], /^--out is ".*x\.svg": there is no folder/],
    [['shop.example/', '--lyout', 'phone'], /unknown option '--lyout'[\s\S]*Did you mean --layout\?/],
    [[], /missing required argument 'page'/],
  ])('says what is wrong: %j', async (args, message) => {
    const { code, err } = await heatmap(...args)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })
})
