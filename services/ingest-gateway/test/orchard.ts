import { defineDomain, defineTopic, epochSecondsField, eventId, keyField, wireNumber } from '@millrace/contracts'
import { z } from 'zod'

const schema = z.looseObject({
  eventId,
  tree: z.string().optional().describe('<row>-<number>'),
  apples: z.int(),
  at: z.int(),
})

/** A domain that the repository does not have: its key may be missing, and its texts look like HTML. */
export const orchard = defineDomain({
  name: 'orchard',
  title: 'Apples of <farm>',
  topics: {
    raw: defineTopic({
      name: 'orchard.raw',
      schema,
      wire: { apples: wireNumber },
      keyOf: keyField('tree'),
      eventTimeMs: epochSecondsField('at'),
      samples: [
        { tree: 'a-<7>', apples: '12', at: 1_700_000_000 },
        { tree: "b'8", apples: 3, at: 1_700_000_060, note: 'ripe & <b>red</b>' },
      ],
      why: 'Apples of <farm>, <tree> and __row__.',
    }),
  },
})
