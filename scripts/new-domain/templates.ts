/* What a new domain begins with: one raw topic, its curated events, a table, and a simulation of actors. */

const camelCase = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const pascalCase = (name: string): string =>
  name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The files of a domain's folder, by their paths in it. */
export function domainFiles(name: string): Readonly<Record<string, string>> {
  const domain = camelCase(name)
  const type = pascalCase(name)
  const table = `${name.replaceAll('-', '_')}_events`
  return {
    'README.md': `# ${name}

What this domain is and for whom: one paragraph.

A sample event, as clients send it to \`POST /v1/events/${name}\`:

\`\`\`json
{"datetime":"2024-03-24T11:25:29.845Z","account":"account_1","method":"/view","value":"7"}
\`\`\`

## Questions that its tables answer

| question | table |
| --- | --- |
| What did an account do on a day? | \`${table}\` |

## What it promises

Every raw event has one curated event under the same id. It has no aggregates yet: add \`aggregate.ts\`.
`,
    'contract.ts': `import {
  defineDomain,
  defineMapping,
  defineTable,
  defineTopic,
  double,
  eventId,
  instant,
  instantField,
  keyField,
  microsOf,
  personIn,
  text,
  timestamp,
  type WireReaders,
  wireEventId,
  wireInstant,
  wireNumber,
} from '@millrace/contracts'
import { z } from 'zod'

/** What an account did, as it travels in \`${name}.raw\`. */
export const ${domain}Raw = z.looseObject({
  eventId: eventId.describe('id of the event, from the producer or given by the gateway'),
  datetime: instant.describe('event time'),
  account: z.string().min(1).max(128).describe('who did it; the partition key'),
  method: z.string().min(1).max(128).describe('what was done'),
  value: z.number().describe('how much of it'),
})

const wire: WireReaders = { eventId: wireEventId, datetime: wireInstant, value: wireNumber }

/** A raw event with derived columns; the same event id. */
export const ${domain}Curated = ${domain}Raw.extend({
  day: z.iso.date().describe('UTC day of the event'),
})

export type ${type}Raw = z.infer<typeof ${domain}Raw>
export type ${type}Curated = z.infer<typeof ${domain}Curated>

const keyOf = keyField('account')
const eventTimeMs = instantField('datetime')
/** Whose the records and rows are; those that hold no person say so with noPerson and a reason. */
const person = personIn({ account: 'account' })

const raw = defineTopic({
  name: '${name}.raw',
  schema: ${domain}Raw,
  wire,
  keyOf,
  eventTimeMs,
  person,
  partitions: 3,
  samples: [{ datetime: '2024-03-24T11:25:29.845Z', account: 'account_1', method: '/view', value: '7' }],
  why: 'Events as accepted by the gateway; keyed by account so that one account stays in order.',
})

const curated = defineTopic({
  name: '${name}.curated',
  schema: ${domain}Curated,
  keyOf,
  eventTimeMs,
  partitions: 3,
  derivedFrom: { topic: raw, by: 'curator', relation: 'each' },
  why: 'Raw events with derived columns.',
})

const events = defineTable({
  name: '${table}',
  description: 'Curated events, by day and account.',
  purpose: {
    question: 'What did an account do on a day?',
    partitionRows: 'the events of one account in a day: about 2,900',
    example: { day: '2024-03-24', account: 'account_1' },
  },
  person,
  partitionKey: ['day', 'account'],
  clusteringKey: [
    { column: 'datetime', order: 'asc' },
    { column: 'event_id', order: 'asc' },
  ],
  rowTime: 'datetime',
  columns: {
    day: text('UTC day of the event'),
    account: text('who did it'),
    datetime: timestamp('event time'),
    event_id: text('id of the event'),
    method: text('what was done'),
    value: double('how much of it'),
  },
})

const mappings = [
  defineMapping(curated, events, event => ({
    writeTimeMicros: microsOf(Date.parse(event.datetime)),
    values: {
      day: event.day,
      account: event.account,
      datetime: Date.parse(event.datetime),
      event_id: event.eventId,
      method: event.method,
      value: event.value,
    },
  })),
]

/** Topics, tables and mappings of the domain. */
export const ${domain} = defineDomain({
  name: '${name}',
  title: '${type} events',
  topics: { raw, curated },
  tables: [events],
  mappings,
})
`,
    'curate.ts': `import { createMapCuration } from '../map-curation.ts'
import { ${domain} } from './contract.ts'

/** ${name}.raw → ${name}.curated. */
export const curation = createMapCuration(${domain}.topics.raw, ${domain}.topics.curated, event => ({
  ...event,
  day: event.datetime.slice(0, 10),
}))
`,
    'curate.test.ts': `import { createTopologyDriver } from '@millrace/testing'
import { expect, it } from 'vitest'
import { ${domain} } from './contract.ts'
import { curation } from './curate.ts'

const { raw, curated } = ${domain}.topics
const event = {
  eventId: '00000000-0000-4000-8000-000000000001',
  datetime: '2024-03-24T11:25:29.845Z',
  account: 'account_1',
  method: '/view',
  value: 7,
}

it('adds the UTC day to a raw event, once however often it was sent', async () => {
  await using driver = await createTopologyDriver(curation.createTopology({}))
  await driver.pipe(raw, event, event)
  expect(await driver.read(curated)).toEqual([{ ...event, day: '2024-03-24' }])
})
`,
    'simulate.ts': `import { createInstantWriter } from '@millrace/contracts'
import { env } from '@millrace/runtime'
import {
  type Actor,
  type DomainSimulation,
  defineOptions,
  FaultyActor,
  hasFaults,
  mergeActors,
  type OptionsOf,
  Random,
  type SimulatedRecord,
  type SimulatedRun,
} from '@millrace/simulation'
import { ${domain}, ${domain}Raw } from './contract.ts'

/** Time between two events of an account, ms. */
const INTERVAL_MS = { min: 10_000, max: 50_000 }
const MAX_ACCOUNTS = 1_000_000
/** Fields without which an event is refused; the event id stays, so that the fault can be followed. */
const REQUIRED_FIELDS = Object.keys(${domain}Raw.shape).filter(name => name !== 'eventId')

const options = defineOptions(
  {
    accounts: env
      .integer({ min: 1, max: MAX_ACCOUNTS })
      .prefault('20')
      .meta({ form: '<n>', description: 'number of accounts' }),
  },
  ({ accounts, shard }, tell) => {
    if (accounts !== undefined && shard && shard.count > accounts)
      tell('shard', \`is \${shard.index}/\${shard.count}, but there are \${accounts} accounts.\`)
  },
)

type ${type}Options = OptionsOf<typeof options>

const writeInstant = createInstantWriter()

/** An account that does something now and then. */
class Account implements Actor {
  readonly id: number
  nextMs: number
  readonly #random: Random
  readonly #endMs: number
  #sequence = 0

  constructor(id: number, labels: readonly string[], span: { readonly startMs: number; readonly endMs: number }) {
    this.id = id
    this.#random = new Random(...labels, 'account', id)
    this.#endMs = span.endMs
    this.nextMs = span.startMs
    this.#goOn(span.startMs + this.#random.int(0, INTERVAL_MS.max))
  }

  #goOn(atMs: number): void {
    this.nextMs = atMs < this.#endMs ? atMs : Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const atMs = this.nextMs
    const eventId = this.#random.uuid()
    const key = \`account_\${this.id + 1}\`
    const value = JSON.stringify({
      eventId,
      datetime: writeInstant(atMs),
      account: key,
      method: this.#random.pick(['/view', '/buy']),
      value: this.#random.int(1, 100),
    })
    this.#goOn(atMs + this.#random.int(INTERVAL_MS.min, INTERVAL_MS.max))
    const topic = ${domain}.topics.raw.name
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}

function simulate(options: ${type}Options, nowMs: number): SimulatedRun {
  const { accounts, shard, faults, seed } = options
  const startMs = options.start === 'now' ? nowMs : options.start
  const span = { startMs, endMs: startMs + options.durationMs }
  const incarnation = options.incarnation ?? (options.start === 'now' ? String(startMs) : '')
  const labels = ['${name}', seed, incarnation]
  const topics = [${domain}.topics.raw.name]
  const actors: Actor[] = []
  for (let id = shard.index - 1; id < accounts; id += shard.count) {
    const account = new Account(id, labels, span)
    actors.push(
      hasFaults(faults)
        ? new FaultyActor(account, { rates: faults, labels, topics, removableFields: REQUIRED_FIELDS })
        : account,
    )
  }
  return { stream: mergeActors(actors), span, golden: () => ({}) }
}

/** Accounts that do something now and then. */
export const simulation: DomainSimulation<${type}Options> = {
  domain: ${domain}.name,
  topics: [${domain}.topics.raw],
  ...options,
  simulate,
}
`,
  }
}

/** The three files of a domain's generator, by their paths in its folder. */
export function generatorFiles(name: string): Readonly<Record<string, string>> {
  const manifest = {
    name: `@millrace/${name}-generator`,
    version: '0.1.0',
    description: `Simulates the domain ${name}`,
    private: true,
    license: 'Apache-2.0',
    type: 'module',
    dependencies: Object.fromEntries(
      ['domains', 'event-log', 'runtime', 'simulation'].map(dependency => [`@millrace/${dependency}`, 'workspace:*']),
    ),
  }
  return {
    'README.md': `# ${name}-generator

Runs the simulation of [packages/domains/${name}](../../packages/domains/${name}/README.md). The options that all generators
share are in [packages/simulation](../../packages/simulation/README.md).

| reads | writes |
| --- | --- |
| nothing | \`${name}.raw\` – through the gateway, into Kafka, or as NDJSON files |

    node src/main.ts | head    # events on standard output
`,
    'package.json': `${JSON.stringify(manifest, null, 2)}\n`,
    'src/main.ts': `import { simulation } from '@millrace/domains/${name}/simulate'
import { kafkaEventLogFromEnv } from '@millrace/event-log'
import { startMain } from '@millrace/runtime'
import { runGenerator } from '@millrace/simulation'

await startMain(() => runGenerator(simulation, process.env, kafkaEventLogFromEnv))
`,
  }
}

/** The page of a domain for newcomers; its commands are run by a test, which compares what they print. */
export const domainPage = (name: string): string => `# ${name}: one line for people

What this domain is, and what Millrace makes of it: one paragraph.

## Start

In the folder of Millrace:

\`\`\`sh
npm run millrace -- gateway
\`\`\`

The gateway and all other services run in this process. It prints an API key. In another terminal:

\`\`\`sh
KEY=mr_...        # the key it printed
URL=http://127.0.0.1:8080/v1/events/${name}
\`\`\`

## Send events

One event. Numbers may be strings, and an event without \`eventId\` gets one:

\`\`\`sh
curl -s $URL -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  -d '{"datetime":"2024-03-20T11:25:29.845Z","account":"ann","method":"/view","value":"7"}'
\`\`\`

\`\`\`
{"accepted":1,"failed":0,"results":[{"index":0,"status":200,"eventId":"74f841c3-6fa4-47cc-807c-9f1658c14c70","partition":0,"offset":0}]}
\`\`\`

A field of the wrong type is refused:

\`\`\`sh
curl -s $URL -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  -d '{"datetime":"2024-03-20T11:25:29.845Z","account":"ann","method":"/view","value":"much"}'
\`\`\`

\`\`\`
{"type":"urn:millrace:ingest:invalid_field","title":"Invalid field","status":422,"detail":"Field /value: got the string \\"much\\", expected a number.","code":"invalid_field","pointer":"/value","got":"the string \\"much\\"","expected":"a number","record":0}
\`\`\`

## Look at the results

About three seconds later the event is in the mart:

\`\`\`sh
npm run -s millrace -- mart ${name.replaceAll('-', '_')}_events --data .millrace/data --where day=2024-03-20 --where account=ann
\`\`\`

\`\`\`
day         account  datetime                  event_id                              method  value
2024-03-20  ann      2024-03-20T11:25:29.845Z  74f841c3-6fa4-47cc-807c-9f1658c14c70  /view       7
\`\`\`

## Generate load

\`\`\`sh
npm run -s millrace -- generate ${name} --sink gateway --api-key $KEY
\`\`\`

The generator ends with a summary: how many events it sent, and how many were acknowledged.
`
