import type { Curve } from './curve.ts'
import type { OpenSide, Row, Side } from './row.ts'
import type { SideAnswer, SideRequest } from './side-client.ts'

// Runs one side of a row, or a curve at one point. argv: the file that declares it, `ours`, `other` or `open`.
const [, , file, which] = process.argv
const declared = (await import(file!)) as { readonly row?: Row; readonly curve?: Curve }
const open: OpenSide<unknown> =
  which === 'open' ? (declared.curve!.open as OpenSide<unknown>) : declared.row![which as 'ours' | 'other']
let side: Side | undefined

async function answer(request: SideRequest): Promise<SideAnswer> {
  switch (request.ask) {
    case 'open':
      side = await open(request.context)
      return { value: 0 }
    case 'round':
      return { value: await side!.round() }
    case 'close':
      await side?.close?.()
      return { value: 0 }
  }
}

// Whoever asked for the figures is gone, or has them.
process.on('disconnect', () => process.exit())
process.on('message', async (request: SideRequest) => {
  const reply = await answer(request).catch((error: unknown) => ({
    error: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }))
  process.send?.(reply, undefined, undefined, () => {
    if (request.ask === 'close') process.disconnect?.()
  })
})
