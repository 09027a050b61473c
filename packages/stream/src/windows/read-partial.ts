import { type WindowPartial, windowPartial } from './window-records.ts'

/** The partial result of a record, or null when it is not one. */
export function readPartial(value: Buffer): WindowPartial | null {
  try {
    const parsed = windowPartial.safeParse(JSON.parse(value.toString()))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
