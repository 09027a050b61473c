import { describe, expect, it } from 'vitest'
import type { Chart, Figure } from '../src/figure.ts'
import { drawSheets, drawSvgFile, type Page, renderPage } from '../src/index.ts'
import {
  attribute,
  elementsOf,
  headingProblems,
  idProblems,
  outsideReferences,
  pictureProblems,
  textOf,
} from './parsed-page.ts'

const START = Date.parse('2024-03-24T11:00:00Z')
const MINUTE = 60_000

/** One of each kind, with a text of somebody else wherever one can be. */
const chartsWith = (text: string): readonly Chart[] => {
  const described = { title: text, description: text }
  const points = [0, 1, 2].map(minute => ({ timeMs: START + minute * MINUTE, value: minute * 1000 }))
  const series = [
    { name: text, points },
    { name: 'other', points },
  ]
  const times = { ...described, format: 'bytes', fromMs: START, toMs: START + 2 * MINUTE, series } as const
  const bars = { ...described, format: 'count', series: [text, 'b'], rows: [{ label: text, values: [1, 2] }] } as const
  return [
    { kind: 'bars', arrangement: 'stacked', ...bars },
    { kind: 'bars', arrangement: 'grouped', tones: ['good', 'bad'], ...bars },
    { kind: 'lines', ...times },
    { kind: 'areas', ...times, marks: { name: text, timesMs: [START + MINUTE] } },
    { kind: 'cells', ...described, format: 'count', columns: [text, 'b'], rows: [{ label: text, values: [0, 7] }] },
    {
      kind: 'curves',
      ...described,
      x: { label: text, format: 'percent', from: 0, to: 1 },
      y: { label: text, format: 'percent', from: 0, to: 1 },
      hasDiagonal: true,
      series: [
        {
          name: text,
          points: [
            { x: 0, y: 0.2 },
            { x: 1, y: 0.9 },
          ],
        },
      ],
    },
    {
      kind: 'track',
      ...described,
      reach: 10,
      points: [
        { x: 0, y: 0, isFlagged: false },
        { x: 3, y: -9, isFlagged: true },
      ],
    },
    {
      kind: 'plan',
      ...described,
      width: 390,
      height: 800,
      boxes: [{ label: text, x: 10, y: 10, width: 300, height: 100 }],
      grid: 100,
      cells: [{ column: 3, row: 4, value: 5 }],
    },
  ]
}

const figureWith = (text: string): Figure => ({
  title: text,
  reading: text,
  charts: chartsWith(text),
  tables: [
    {
      caption: text,
      columns: [text, 'n'],
      rows: [
        [text, 12345],
        ['none', null],
      ],
    },
  ],
})

const pageWith = (text: string): Page => ({
  title: text,
  lead: text,
  blocks: [{ kind: 'tiles', tiles: [{ label: text, value: text }] }],
  sections: [
    {
      title: text,
      blocks: [
        { kind: 'flow', steps: [{ name: text, counts: [text] }] },
        { kind: 'verdict', isGood: false, text, examples: [text] },
        { kind: 'text', text },
        { kind: 'table', isFolded: true, table: { caption: text, columns: [text], rows: [[text]] } },
      ],
    },
    { title: text, isNarrow: true, blocks: [{ kind: 'figure', figure: figureWith(text) }] },
    { title: text, isNarrow: true, blocks: [{ kind: 'figure', figure: figureWith(text) }] },
  ],
})

describe('a page', () => {
  const elements = elementsOf(renderPage(pageWith('ordinary')))

  it('can be read out: headings in order, pictures with texts, tables with headers, ids that are there once', () => {
    expect(headingProblems(elements)).toEqual([])
    expect(pictureProblems(elements)).toEqual([])
    expect(idProblems(elements)).toEqual([])
    expect(elements.filter(({ tagName }) => tagName === 'svg').length).toBeGreaterThan(14)
    const count = (tag: string): number => elements.filter(({ tagName }) => tagName === tag).length
    expect(count('figcaption')).toBe(count('figure'))
    expect(count('caption')).toBe(count('table'))
    expect(count('h1')).toBe(1)
    for (const table of elements.filter(({ tagName }) => tagName === 'th'))
      expect(attribute(table, 'scope')).toMatch(/^(col|row)$/)
    expect(attribute(elements.find(({ tagName }) => tagName === 'html')!, 'lang')).toBe('en')
  })

  it('has the values of each figure in a table that can be opened', () => {
    const figures = elements.filter(({ tagName }) => tagName === 'figure')
    expect(figures).toHaveLength(2)
    for (const figure of figures) expect(textOf(figure)).toMatch(/Values.*12,345/s)
  })

  it('needs nothing else, and may fetch nothing', () => {
    expect(outsideReferences(elements)).toEqual([])
    const policy = elements.find(element => attribute(element, 'http-equiv') === 'Content-Security-Policy')!
    expect(attribute(policy, 'content')).toMatch(/^default-src 'none';/)
    expect(attribute(policy, 'content')).not.toMatch(/script|\*|https?:/)
  })

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    '</style><script>1</script>',
    '</title></svg><iframe src="http://evil.example">',
    ']]>--><svg/onload=alert(1)>',
    '{{constructor}} <%= 1 %> &lt;b&gt; &amp;',
  ])('shows a text from outside as text: %s', hostile => {
    const found = elementsOf(renderPage(pageWith(hostile)))
    expect(outsideReferences(found)).toEqual([])
    expect(found.map(({ tagName }) => tagName)).toEqual(elements.map(({ tagName }) => tagName))
    const texts = found.filter(({ tagName }) => ['h1', 'caption', 'title'].includes(tagName)).map(textOf)
    expect(texts.length).toBeGreaterThan(5)
    expect(new Set(texts)).toEqual(new Set([hostile]))
  })

  it('shows characters that cannot be seen', () => {
    const page = renderPage(pageWith('a\u202eb\u0000c\u001b[31m'))
    expect(page.match(/.{0,20}(?!\n)[\p{Cc}\p{Cf}]/gu)).toBeNull()
    expect(page.includes('a\ufffdb\ufffdc\ufffd[31m')).toBe(true)
  })

  it('stays small however much there is, and says how much is left out', () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => [`row ${index}`, index])
    const cells = Array.from({ length: 10_000 }, (_, index) => ({
      column: index % 100,
      row: Math.floor(index / 100),
      value: 1,
    }))
    const [plan] = chartsWith('plan').filter(({ kind }) => kind === 'plan')
    const page = renderPage({
      ...pageWith('huge'),
      sections: [
        {
          title: 'rows',
          blocks: [{ kind: 'table', table: { caption: 'all', columns: ['a', 'b'], rows, more: 1234 } }],
        },
        {
          title: 'cells',
          blocks: [{ kind: 'figure', figure: { ...figureWith('x'), charts: [{ ...plan!, cells } as Chart] } }],
        },
      ],
    })
    expect(page.length).toBeLessThan(1_000_000)
    expect(page.match(/and [\d,]+ more/g)).toEqual(['and 51,114 more'])
  })
})

describe('a chart as a file', () => {
  it.each(chartsWith('<&> "\' \u0000\u202e ]]>').map(chart => [chart.kind, chart] as const))(
    'is a picture of its own with the colours of both schemes: %s',
    (_, chart) => {
      const file = drawSvgFile(chart, 800)
      expect(file.slice(0, 40)).toBe('<svg xmlns="http://www.w3.org/2000/svg" ')
      expect(file.includes('prefers-color-scheme:dark')).toBe(true)
      // XML allows neither, not even written as numbers.
      expect(file.match(/.{0,20}(?!\n)[\p{Cc}\p{Cf}]|&(?!amp;|lt;|gt;|quot;).{0,9}/gu)).toBeNull()
      const elements = elementsOf(file)
      expect(pictureProblems(elements)).toEqual([])
      expect(outsideReferences(elements)).toEqual([])
    },
  )

  it('stand below each other on a sheet, each with its heading and its texts', () => {
    const text = 'a <b> & \u202e'
    const sheets = ['one', 'two'].map(title => ({
      title,
      notes: [`${text} ${'long '.repeat(60)}`],
      charts: chartsWith(text),
    }))
    const file = drawSheets(sheets, 900)
    const elements = elementsOf(file)
    expect(outsideReferences(elements)).toEqual([])
    expect(idProblems(elements)).toEqual([])
    expect(file.match(/.{0,20}(?!\n)[\p{Cc}\p{Cf}]|&(?!amp;|lt;|gt;|quot;|#39;).{0,9}/gu)).toBeNull()
    expect(file.split('<svg ').length - 1).toBe(1 + 2 * chartsWith(text).length)
    const tops = [...file.matchAll(/<(?:svg|text) x="20" y="(\d+(?:\.\d+)?)"/g)].map(([, y]) => Number(y))
    expect(tops).toEqual([...tops].sort((a, b) => a - b))
    const [, height] = /height="(\d+)"/.exec(file)!
    expect(Number(height)).toBeGreaterThan(tops.at(-1)!)
  })
})
