import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Curve } from './curve.ts'
import type { Row } from './row.ts'

interface Registered {
  readonly id: string
  /** Where it is declared. */
  readonly file: string
}
export type RegisteredRow = Row & Registered
export type RegisteredCurve = Curve & Registered

async function load<Exports>(
  folder: string,
): Promise<readonly (Exports & { readonly name: string; readonly file: string })[]> {
  const url = new URL(`${folder}/`, import.meta.url)
  const names = readdirSync(url).filter(name => name.endsWith('.ts'))
  return Promise.all(
    names.sort().map(async name => {
      const file = new URL(name, url)
      return {
        ...((await import(file.href)) as Exports),
        name: name.slice(0, -'.ts'.length),
        file: fileURLToPath(file),
      }
    }),
  )
}

/** Every row, in the order of their ids; a row's id is how its file begins: `p1-event-log-producer.ts` is P1. */
export async function loadRows(): Promise<readonly RegisteredRow[]> {
  const modules = await load<{ readonly row: Row }>('rows')
  return modules.map(({ row, name, file }) => ({ ...row, id: name.slice(0, name.indexOf('-')).toUpperCase(), file }))
}

/** Every curve; its id is the name of its file. */
export async function loadCurves(): Promise<readonly RegisteredCurve[]> {
  return (await load<{ readonly curve: Curve }>('curves')).map(({ curve, name, file }) => ({
    ...curve,
    id: name,
    file,
  }))
}
