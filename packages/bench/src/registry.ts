import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Row } from './row.ts'

export interface RegisteredRow extends Row {
  /** As the file begins, in upper case: `p1-event-log-producer.ts` is P1. */
  readonly id: string
  readonly file: string
}

const folder = new URL('rows/', import.meta.url)

/** Every row, in the order of their ids. */
export async function loadRows(): Promise<readonly RegisteredRow[]> {
  const files = readdirSync(folder).filter(name => name.endsWith('.ts'))
  return Promise.all(
    files.sort().map(async name => {
      const file = new URL(name, folder)
      const { row } = (await import(file.href)) as { readonly row: Row }
      return { ...row, id: name.slice(0, name.indexOf('-')).toUpperCase(), file: fileURLToPath(file) }
    }),
  )
}
