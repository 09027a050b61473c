import { defineDomain } from '@millrace/contracts'
import { mappings } from './contract/mappings.ts'
import { measures } from './contract/measures.ts'
import { analysis, raids, successDaily, training } from './contract/tables.ts'
import { curated, late, members, outcomes, raw, success, successLate, successPartials } from './contract/topics.ts'

export {
  type LostarkCurated,
  type LostarkMember,
  type LostarkOutcome,
  type LostarkRaw,
  type LostarkSuccess,
  lostarkRaw,
  MAX_LIMIT_SEC,
  startMsOf,
} from './contract/events.ts'

/** Lost Ark: topics, tables and mappings. */
export const lostark = defineDomain({
  name: 'lostark',
  title: 'Lost Ark legion raids',
  topics: { raw, curated, outcomes, members, late, success, successPartials, successLate },
  tables: [analysis, training, raids, successDaily],
  conservation: [
    {
      source: members,
      table: successDaily,
      eventsColumn: 'members',
      where: { column: 'class', equals: '' },
      late: successLate,
    },
  ],
  mappings,
  measures,
})
