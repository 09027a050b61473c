import { defineCurve } from '../curve.ts'
import { eachOf, inBatches, timed } from '../inputs/batches.ts'
import { append, newTopic, openLog } from '../inputs/kafka.ts'
import { lolRecords } from '../inputs/lol-records.ts'

/** A round sends this many records, or as many as 200 batches have. */
const MOST = 50_000

export const curve = defineCurve({
  title: 'Producer, by records in a call, four calls under way',
  of: 'records in a call',
  points: [1, 10, 100, 1_000, 10_000],
  unit: 'µs per record',
  needs: ['kafka'],
  remark:
    'Small calls wait for their acknowledgement; each costs a round trip and the linger, which more calls at a time share.',
  async open({ addresses, setting: size }) {
    const topic = await newTopic(addresses, `batches-${size}`)
    const log = openLog(addresses)
    const producer = await log.producer({ clientId: 'bench' })
    const batches = inBatches(lolRecords(Math.min(MOST, size * 200), 1_000), size)
    const records = batches.reduce((sum, batch) => sum + batch.length, 0)
    const send = (batch: (typeof batches)[number]): Promise<void> => append(producer, topic, batch)
    return {
      round: async () => ((await timed(() => eachOf(batches, 4, send))) * 1_000) / records,
      close: () => log.close(),
    }
  },
})
