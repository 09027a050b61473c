import { catalog } from '@millrace/domains/contracts'
import { openApiDocument } from '@millrace/ingest-gateway'
import { z } from 'zod'
import { chartValuesPage } from './chart.ts'
import { errorsPage } from './errors.ts'
import { lakePage } from './lake.ts'
import { martCql, martPage } from './mart.ts'
import { topicsPage } from './topics.ts'

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

const index = `# Reference

Generated from the contracts, the services and the chart by \`npm run generate\`; a test fails when it is not up to date.

| page | what |
|---|---|
| [topics.md](topics.md) | every topic: key, partitions, retention, fields, sinks |
| [mart.md](mart.md), [mart.cql](mart.cql) | every table of the mart |
| [lake.md](lake.md) | folders, file names, manifests, columns |
| [errors.md](errors.md) | every error code |
| [values.md](values.md) | every value of the Helm chart, every environment variable |
| [openapi.json](openapi.json) | the gateway's REST interface, OpenAPI 3.1 |
| [schemas/](schemas) | JSON Schema of every record |
`

/** Every file of \`docs/reference\`, by path within it. */
export function renderReference(): ReadonlyMap<string, string> {
  const schemas = catalog.topics.map(
    ({ name, schema }) => [`schemas/${name}.json`, json(z.toJSONSchema(schema, { target: 'draft-2020-12' }))] as const,
  )
  return new Map([
    ['README.md', index],
    ['topics.md', topicsPage()],
    ['mart.md', martPage()],
    ['mart.cql', martCql()],
    ['lake.md', lakePage()],
    ['errors.md', errorsPage()],
    ['values.md', chartValuesPage()],
    ['openapi.json', json(openApiDocument(catalog))],
    ...schemas,
  ])
}
