import { lakeError } from './errors.ts'

/** The segments of a path below a lake's root; throws `path_refused` for one that is empty, absolute or leaves the root. */
export function pathSegments(path: string): string[] {
  const segments = path.split('/')
  for (const segment of segments) {
    if (segment === '') throw lakeError('path_refused', { path, reason: 'it is absolute or has an empty segment' })
    if (segment === '.' || segment === '..') throw lakeError('path_refused', { path, reason: `it has a "${segment}"` })
    if (segment.includes('\0')) throw lakeError('path_refused', { path, reason: 'it has a NUL character' })
    if (!segment.isWellFormed()) throw lakeError('path_refused', { path, reason: 'it has half a surrogate pair' })
  }
  return segments
}

/** Order of names in a listing: that of their UTF-8 bytes. */
export const compareNames = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
