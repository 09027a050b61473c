import { createKeyedProcessor, deadLetter, ok, type Topology } from '../src/index.ts'
import { raw, scores, textOf } from './support.ts'

/** Its outputs tell the whole state of their key, so that any difference shows. */
export const remembering: Topology = {
  name: 'remembering',
  topics: [raw],
  outputs: [scores],
  createProcessor: () =>
    createKeyedProcessor<{ id: string; atMs: number; key: string }, string[]>({
      service: 'remembering',
      decode: (_, record) => {
        const [id, atMs] = textOf(record).split(' ')
        const key = record.key.toString()
        return atMs === 'bad' ? deadLetter('bad', 'bad') : ok({ id: id!, atMs: Number(atMs), key })
      },
      keyOf: ({ key }) => key,
      eventTimeOf: ({ atMs }) => atMs,
      idOf: ({ id }) => id,
      horizonMs: 60_000,
      allowedLatenessMs: 10_000,
      newState: () => [],
      onRecord(state, { id }, context) {
        state.push(id)
        context.emitBytes(scores, Buffer.from(`${id} ${context.disposition} ${state.join()}`))
        return undefined
      },
    }),
}
