import { catalog } from '@millrace/domains/contracts'
import { stringify } from 'yaml'
import { readValues } from './values-file.ts'
import { valuesPage } from './values-page.ts'
import { valuesSchema } from './values-schema.ts'

const valuesFile = new URL('../../../../charts/millrace/values.yaml', import.meta.url)

/** The reference page of the chart's values. */
export const chartValuesPage = (): string => valuesPage(readValues(valuesFile))

/** The text of charts/millrace/values.schema.json. */
export const chartValuesSchema = (): string => `${JSON.stringify(valuesSchema(readValues(valuesFile)), null, 2)}\n`

/** The text of charts/millrace/files/domains.yaml: what templates iterate over. */
export function chartDomains(): string {
  const domains = catalog.domains.map(({ name, topics }) => {
    const routed = Object.values(topics).flatMap(topic => (topic.route ? [{ name: topic.name, ...topic.route }] : []))
    const raw = routed.find(topic => topic.name === `${name}.raw`)!
    return {
      name,
      topics: routed.map(topic => topic.name),
      makers: [...new Set(Object.values(topics).flatMap(({ derivedFrom }) => derivedFrom?.by ?? []))].sort(),
      path: raw.path,
      sample: JSON.stringify(raw.samples[0]),
    }
  })
  return `# Generated from the domains by \`npm run generate\`.\n${stringify(domains, { lineWidth: 0 })}`
}
