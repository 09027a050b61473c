/* What a figure shows, as data: whoever makes one needs no library that draws. */

/** How the values of a chart or of a column are written. */
export type Format = 'count' | 'percent' | 'bytes' | 'decimal'

interface Described {
  /** What the chart shows, in some words; read out in its place. */
  readonly title: string
  /** What can be seen in it, a sentence with the values that matter. */
  readonly description: string
}

/** One bar, or one group or stack of bars, for each row. */
export interface BarChart extends Described {
  readonly kind: 'bars'
  readonly arrangement: 'stacked' | 'grouped'
  readonly format: Format
  readonly series: readonly string[]
  /** What the series mean, where they are good, bad or neither; else they have colours of their own. */
  readonly tones?: readonly ('good' | 'bad' | 'neutral')[]
  /** A value for each series. */
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[]
}

/** Values over event time: lines, or areas on top of each other that hold each value until the next one. */
export interface TimeChart extends Described {
  readonly kind: 'lines' | 'areas'
  readonly format: Format
  /** Start and end of the axis, ms since the epoch. */
  readonly fromMs: number
  readonly toMs: number
  readonly series: readonly {
    readonly name: string
    readonly points: readonly { readonly timeMs: number; readonly value: number }[]
  }[]
  /** Moments that are marked, and what they are. */
  readonly marks?: { readonly name: string; readonly timesMs: readonly number[] }
}

/** Lines over a number, such as one share against another. */
export interface CurveChart extends Described {
  readonly kind: 'curves'
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly {
    readonly name: string
    /** Rising in x. */
    readonly points: readonly { readonly x: number; readonly y: number }[]
  }[]
  /** Draws the line on which both values are equal. */
  readonly hasDiagonal?: boolean
}

interface Axis {
  readonly label: string
  readonly format: Format
  readonly from: number
  readonly to: number
}

/** A table whose cells are the darker the greater the value is. */
export interface CellChart extends Described {
  readonly kind: 'cells'
  readonly format: Format
  readonly columns: readonly string[]
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[]
}

/** The way of something in a plane, oldest point first. */
export interface TrackChart extends Described {
  readonly kind: 'track'
  readonly points: readonly { readonly x: number; readonly y: number; readonly isFlagged: boolean }[]
  /** Furthest coordinate that is drawn, in each direction from 0; for several ways to have one scale. */
  readonly reach: number
}

/** The outline of a document with heat over it. */
export interface PlanChart extends Described {
  readonly kind: 'plan'
  /** Size of the document; its unit is that of the boxes. */
  readonly width: number
  readonly height: number
  readonly boxes: readonly {
    readonly label: string
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }[]
  /** Cells per row and per column. */
  readonly grid: number
  readonly cells: readonly { readonly column: number; readonly row: number; readonly value: number }[]
}

export type Chart = BarChart | TimeChart | CurveChart | CellChart | TrackChart | PlanChart

export type Cell = string | number | null

/** Rows of values; numbers are written with separators, and columns of numbers are aligned to the right. */
export interface Table {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** How many rows there are besides these. */
  readonly more?: number
}

/** Charts of one thing, with the values behind them. */
export interface Figure {
  readonly title: string
  /** How to read it. */
  readonly reading: string
  readonly charts: readonly Chart[]
  readonly tables: readonly Table[]
}

/** The items with the greatest weights, heaviest first, and how many there are besides. Equal ones stay in their order. */
export function topOf<T>(items: readonly T[], count: number, weightOf: (item: T) => number) {
  const sorted = [...items].sort((a, b) => weightOf(b) - weightOf(a))
  return { top: sorted.slice(0, count), more: Math.max(0, sorted.length - count) }
}

/** What does anything to a reader's screen but be seen: controls, marks of direction, halves of characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** A text from outside that is safe to show, with what cannot be seen as �. */
export const visible = (text: string): string => text.replace(INVISIBLE, '\u{fffd}')

/** A text of at most so many characters, the end cut off. */
export function shorten(text: string, most: number): string {
  const characters = [...visible(text)]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

function writeBytes(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3)))
  return `${(bytes / 1000 ** step).toLocaleString('en-US', { maximumFractionDigits: step === 0 ? 0 : 1 })} ${UNITS[step]}`
}

/** A value for people. */
export function write(value: number, format: Format): string {
  if (format === 'percent') return `${(value * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`
  if (format === 'bytes') return writeBytes(value)
  return value.toLocaleString('en-US', { maximumFractionDigits: format === 'count' ? 0 : 2 })
}

/** An instant for people, in UTC. */
export const writeInstant = (timeMs: number): string =>
  `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`
/** The time of day of an instant, in UTC. */
export const writeTime = (timeMs: number): string => new Date(timeMs).toISOString().slice(11, 16)
