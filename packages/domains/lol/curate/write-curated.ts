import { writeAsIn } from '@millrace/contracts'
import type { LolCurated } from '../contract.ts'

export type DerivedColumns = Pick<LolCurated, 'roomDay' | 'x+y' | 'buyItem' | 'displacement' | 'elapsedMs' | 'speed'>

/** A raw event as parsed: the champion and whatever else it holds. */
export type RawFields = { readonly champion: string } & Readonly<Record<string, unknown>>

const CLOSING_BRACE = 0x7d
const BACKSLASH = 0x5c

const hasDerivedName = (event: object): boolean =>
  'roomDay' in event ||
  'x+y' in event ||
  'buyItem' in event ||
  'displacement' in event ||
  'elapsedMs' in event ||
  'speed' in event

/** Whether an object is among the values, or in an array among them. */
const holdsObject = (values: readonly unknown[]): boolean => {
  for (const value of values)
    if (typeof value === 'object' && value !== null && (!Array.isArray(value) || holdsObject(value))) return true
  return false
}

function tailOf(derived: DerivedColumns): string {
  const { roomDay, buyItem, displacement, elapsedMs, speed } = derived
  // All values are finite numbers, null or a date: their text is their JSON, -0 apart, which JSON writes as 0 as well.
  return `,"roomDay":"${roomDay}","x+y":${derived['x+y']},"buyItem":${buyItem},"displacement":${displacement},"elapsedMs":${elapsedMs},"speed":${speed}}`
}

/**
 * The bytes of a curated event: those of the raw one with the champion's name put right, and the derived columns after its
 * last field. Where the raw bytes cannot be extended safely the event is written anew, in the same order of fields.
 */
export function writeCurated(raw: Buffer, event: RawFields, champion: string, derived: DerivedColumns): Buffer {
  if (raw.at(-1) !== CLOSING_BRACE || hasDerivedName(event)) return rewrite(raw, event, champion, derived)
  const tail = tailOf(derived)
  if (champion === event.champion) {
    const bytes = Buffer.allocUnsafe(raw.length - 1 + tail.length)
    raw.copy(bytes, 0, 0, raw.length - 1)
    bytes.write(tail, raw.length - 1, 'latin1')
    return bytes
  }
  const spelled = JSON.stringify(event.champion)
  const found = raw.lastIndexOf(`"champion":${spelled}`)
  // A nested object may have a champion of its own, and then the bytes do not tell which one is meant.
  if (found < 0 || raw[found - 1] === BACKSLASH || holdsObject(Object.values(event)))
    return rewrite(raw, event, champion, derived)
  const nameFrom = found + '"champion":"'.length
  const nameTo = nameFrom + Buffer.byteLength(spelled) - 2
  const bytes = Buffer.allocUnsafe(raw.length - 1 - (nameTo - nameFrom) + champion.length + tail.length)
  raw.copy(bytes, 0, 0, nameFrom)
  const nameEnd = nameFrom + bytes.write(champion, nameFrom, 'latin1')
  const end = nameEnd + raw.copy(bytes, nameEnd, nameTo, raw.length - 1)
  bytes.write(tail, end, 'latin1')
  return bytes
}

function rewrite(raw: Buffer, event: RawFields, champion: string, derived: DerivedColumns): Buffer {
  const fields: Record<string, unknown> = { ...event, champion }
  // An unknown field of the client's that has the name of a derived column gives way to it.
  for (const name of Object.keys(derived)) delete fields[name]
  const text = writeAsIn(fields, event, raw)
  return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from(tailOf(derived))])
}
