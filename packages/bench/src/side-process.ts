import type { Row, Side } from './row.ts'
import type { SideAnswer, SideRequest } from './side-client.ts'

// Runs one side of a row. argv: the row's file, `ours` or `other`.
const [, , file, which] = process.argv
const row = ((await import(file!)) as { readonly row: Row }).row
let side: Side | undefined

async function answer(request: SideRequest): Promise<SideAnswer> {
  switch (request.ask) {
    case 'open':
      side = await row[which as 'ours' | 'other'](request.context)
      return { value: 0 }
    case 'round':
      return { value: await side!.round() }
    case 'close':
      await side?.close?.()
      return { value: 0 }
  }
}

process.on('message', async (request: SideRequest) => {
  const reply = await answer(request).catch((error: unknown) => ({
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }))
  process.send?.(reply, undefined, undefined, () => {
    if (request.ask === 'close') process.disconnect?.()
  })
})
