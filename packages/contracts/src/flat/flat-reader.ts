import type { z } from 'zod'
import { NO, SPACE } from './bytes.ts'
import { fieldRuleOf } from './field-rule.ts'
import { compileLayout, type LayoutReader, type Place } from './layout.ts'
import { StringInterningCache } from './string-interning-cache.ts'
import { type Field, fieldOf, Values } from './values.ts'
import { startsWith } from './words.ts'

const COMMA = 0x2c
const OPEN = 0x7b
const CLOSE = 0x7d
/** First byte of `null`; no instant begins with it. */
const NULL = 0x6e

/** Each has a bit. */
const MOST_FIELDS = 31
/** Events of one layout, one after the other, before code is made for it; twice as many before the next time, and so on. */
const COMPILE_AFTER = 128

// A place in a layout as one number.
const KEY_SPACED = 1
const VALUE_SPACED = 2
const INDEX_SHIFT = 2

/**
 * Zero-copy validation of canonical JSON: reads events of one schema in their bytes, without a string or an object for them.
 * What it accepts, JSON.parse and the schema accept too; what it does not accept may still be valid.
 */
export class FlatReader {
  /** Where there is more to the schema than fields of the kinds that are known here, nothing is ever taken. */
  readonly #isReadable: boolean
  readonly #names: readonly string[]
  readonly #fields: readonly Field[]
  /** Of the fields that every event has, the bits; see #seen. */
  readonly #required: number
  /** Which field came behind which, the last time; the place behind the last field is for the first. */
  readonly #following: Int32Array
  readonly #values: Values
  readonly #interned = new StringInterningCache()
  /** Of the event that was read last, which fields it has, a bit for each. */
  #seen = 0
  /** Of the last event that was read field by field: its places, how many, and how many events in a row were like it. */
  readonly #layout: Int32Array
  #places = 0
  #alike = 0
  /** Reads events of one layout, which have these fields. */
  #compiled: LayoutReader | null = null
  #compiledSeen = 0
  #compileAfter = COMPILE_AFTER

  constructor(schema: z.ZodObject) {
    const fields: Field[] = []
    let required = 0
    const count = Object.keys(schema.shape).length
    let isReadable = !schema._zod.def.checks?.length && count > 0 && count <= MOST_FIELDS
    for (const [name, schemaOfField] of Object.entries(schema.shape)) {
      const rule = fieldRuleOf(schemaOfField as z.ZodType)
      if (!rule) {
        isReadable = false
        continue
      }
      if (!rule.isOptional) required |= 1 << fields.length
      fields.push(fieldOf(name, rule))
    }
    this.#names = Object.keys(schema.shape)
    this.#fields = fields
    this.#isReadable = isReadable
    this.#required = required
    this.#following = Int32Array.from({ length: fields.length + 1 }, (_, index) => (index + 1) % fields.length)
    this.#following[fields.length] = 0
    this.#values = new Values(fields)
    this.#layout = new Int32Array(fields.length)
  }

  /** Number of a field, for the methods that tell its value; −1 where nothing of the schema is ever taken. @throws for an unknown one */
  indexOf(name: string): number {
    if (!this.#names.includes(name)) throw new Error(`The schema has no field ${name}.`)
    return this.#isReadable ? this.#names.indexOf(name) : NO
  }

  /** Whether a field holds instants, or null. */
  isInstant(index: number): boolean {
    return this.#fields[index]?.kind === 'instant'
  }

  /** Whether a field holds numbers. */
  isNumber(index: number): boolean {
    const kind = this.#fields[index]?.kind
    return kind === 'number' || kind === 'integer'
  }

  /**
   * Reads one event.
   * @returns true when these bytes are an event of the schema beyond doubt: JSON, no key twice, no unknown field, each value
   * in its canonical form; false when only a real parser can tell
   */
  read(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (!this.#isReadable) return false
    const values = this.#values
    const { buffer, byteOffset } = bytes
    if (buffer !== values.view.buffer) {
      values.view = new DataView(buffer)
      values.whole = Buffer.from(buffer as ArrayBuffer)
    }
    this.#seen = 0
    if (end - start <= 2) return false
    const { view } = values
    const first = byteOffset + start
    const last = byteOffset + end - 1
    if (view.getUint8(first) !== OPEN || view.getUint8(last) !== CLOSE) return false
    if (this.#compiled?.(view, first, last)) {
      this.#seen = this.#compiledSeen
      return true
    }
    if (!this.#readFields(view, first, last)) return false
    if (this.#alike >= this.#compileAfter) this.#compile()
    return true
  }

  /** The value of a field as it is written, a text without its quotes; undefined when the field is absent. */
  text(index: number): string | undefined {
    const { whole, from, to } = this.#values
    return this.#has(index) ? whole.toString('latin1', from[index]!, to[index]!) : undefined
  }

  /** The bytes of that, in the same memory. */
  slice(index: number): Buffer | undefined {
    const { whole, from, to } = this.#values
    return this.#has(index) ? whole.subarray(from[index]!, to[index]!) : undefined
  }

  /** As `text`, for a field with repeated values: mostly one string for all that are equal. */
  internedText(index: number): string | undefined {
    const { view, whole, from, to } = this.#values
    return this.#has(index) ? this.#interned.get(view, whole, from[index]!, to[index]!) : undefined
  }

  /** The value of a field of numbers that are no choice; undefined when it is absent, NaN when it is null. */
  number(index: number): number | undefined {
    return this.#has(index) ? this.#values.numbers[index] : undefined
  }

  /**
   * The numbers of a field of rows, of one row after the other, empty when it is null; undefined when it is absent. They are those of
   * the event that was read last.
   */
  rows(index: number): Float64Array | undefined {
    return this.#has(index) ? this.#values.rows[index]!.subarray(0, this.#values.counts[index]) : undefined
  }

  /** Milliseconds since the epoch of a field of instants; undefined when it is absent. */
  instantMs(index: number): number | undefined {
    const { view, from } = this.#values
    if (!this.#has(index) || view.getUint8(from[index]!) === NULL) return undefined
    return this.#values.instantMs(view, from[index]!, index)
  }

  #has(index: number): boolean {
    return (this.#seen & (1 << index)) !== 0
  }

  /** Reads an event of any layout. */
  #readFields(view: DataView, first: number, last: number): boolean {
    const fields = this.#fields
    const following = this.#following
    const layout = this.#layout
    let at = first + 1
    let previous = fields.length
    let seen = 0
    let places = 0
    let isAlike = true
    for (;;) {
      let spaces = 0
      if (view.getUint8(at) === SPACE) {
        at++
        spaces = KEY_SPACED
      }
      let index = following[previous]!
      if (!startsWith(view, at, last, fields[index]!.key)) {
        index = this.#fieldAt(view, at, last)
        if (index < 0) return false
        following[previous] = index
      }
      const bit = 1 << index
      if (seen & bit) return false
      seen |= bit
      previous = index
      at += fields[index]!.key.length
      if (view.getUint8(at) === SPACE) {
        at++
        spaces |= VALUE_SPACED
      }
      const place = (index << INDEX_SHIFT) | spaces
      if (layout[places] !== place) {
        layout[places] = place
        isAlike = false
      }
      places++
      at = this.#values.valueEnd(index, at, last)
      if (at < 0) return false
      if (at === last) break
      if (view.getUint8(at++) !== COMMA) return false
    }
    this.#alike = isAlike && places === this.#places ? this.#alike + 1 : 0
    this.#places = places
    if ((seen & this.#required) !== this.#required) return false
    this.#seen = seen
    return true
  }

  #fieldAt(view: DataView, at: number, end: number): number {
    return this.#fields.findIndex(({ key }) => startsWith(view, at, end, key))
  }

  #compile(): void {
    const places = Array.from(
      this.#layout.subarray(0, this.#places),
      (place): Place => ({
        index: place >> INDEX_SHIFT,
        isKeySpaced: (place & KEY_SPACED) !== 0,
        isValueSpaced: (place & VALUE_SPACED) !== 0,
      }),
    )
    this.#compiled = compileLayout(places, this.#fields, this.#values)
    this.#compiledSeen = this.#seen
    this.#compileAfter *= 2
    this.#alike = 0
  }
}

const readers = new WeakMap<z.ZodObject, FlatReader>()

/** The reader of a schema: one for all, since what it knows of an event holds only until the next one. */
export function flatReaderOf(schema: z.ZodObject): FlatReader {
  const reader = readers.get(schema) ?? new FlatReader(schema)
  readers.set(schema, reader)
  return reader
}
