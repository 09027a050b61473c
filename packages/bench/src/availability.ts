import type { RegisteredRow } from './registry.ts'

type Asked = Pick<RegisteredRow, 'id' | 'unavailable'>

/** Rows that this machine can run, and those that it cannot, with the reason. */
export async function splitByAvailability<R extends Asked>(
  rows: readonly R[],
): Promise<{
  readonly available: readonly R[]
  readonly skipped: readonly { readonly id: string; readonly reason: string }[]
}> {
  const asked = await Promise.all(rows.map(async row => ({ row, reason: (await row.unavailable?.()) ?? null })))
  return {
    available: asked.flatMap(({ row, reason }) => (reason === null ? [row] : [])),
    skipped: asked.flatMap(({ row, reason }) => (reason === null ? [] : [{ id: row.id, reason }])),
  }
}
