import { createHash } from 'node:crypto'

/** JSON with keys sorted at every level and null-valued keys left out: equal for equal events, whatever format stored them. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  const fields: string[] = []
  for (const key of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== null && field !== undefined) fields.push(`${JSON.stringify(key)}:${canonicalJson(field)}`)
  }
  return `{${fields.join(',')}}`
}

/** SHA-256 of one canonical payload, 32 bytes; a run's digest is taken over these, sorted and distinct. */
export const payloadHash = (event: unknown): Buffer => createHash('sha256').update(canonicalJson(event)).digest()
