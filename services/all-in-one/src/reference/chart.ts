import { readValues } from './values-file.ts'
import { valuesPage } from './values-page.ts'
import { valuesSchema } from './values-schema.ts'

const valuesFile = new URL('../../../../charts/millrace/values.yaml', import.meta.url)

/** The reference page of the chart's values. */
export const chartValuesPage = (): string => valuesPage(readValues(valuesFile))

/** The text of charts/millrace/values.schema.json. */
export const chartValuesSchema = (): string => `${JSON.stringify(valuesSchema(readValues(valuesFile)), null, 2)}\n`
