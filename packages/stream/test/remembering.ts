import type { Topic } from '@millrace/contracts'
import type { LogRecord } from '@millrace/event-log'
import { createKeyedProcessor, deadLetter, ok, type Topology } from '../src/index.ts'
import { raw, scores, textOf } from './support.ts'

/** Its outputs tell the whole state of their key, so that any difference shows. */
export const rememberingInto = (target: Topic): Topology => ({
  name: 'remembering',
  topics: [raw],
  outputs: [target],
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
        const text = `${id} ${context.disposition} ${state.join()}`
        context.emitBytes(target, Buffer.from(JSON.stringify({ eventId: id, text })))
        return undefined
      },
    }),
})

export const remembering = rememberingInto(scores)

/** What an output tells. */
export const rememberedOf = (output: Pick<LogRecord, 'value'>): string => JSON.parse(textOf(output)).text
