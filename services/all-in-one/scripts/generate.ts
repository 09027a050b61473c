import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { breakingChanges, publishedForm } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { chartDomains, chartValuesSchema } from '../src/reference/chart.ts'
import { renderReference } from '../src/reference/render.ts'

/* Writes what is generated from the contracts, the services' environments and the chart's values; refuses to publish a change that breaks the published ones unless told so. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const published = path.join(root, 'packages/contracts/published.json')
const reference = path.join(root, 'docs/reference')

const current = publishedForm(catalog)
const broken = existsSync(published) ? breakingChanges(JSON.parse(readFileSync(published, 'utf8')), current) : []
if (broken.length > 0 && !process.argv.includes('--break')) {
  process.stderr.write(
    `These changes break what is published:\n${broken.map(line => `  - ${line}`).join('\n')}\nUndo them, or publish a new major version with: npm run generate -- --break\n`,
  )
  process.exit(1)
}
writeFileSync(published, `${JSON.stringify(current, null, 2)}\n`)
rmSync(reference, { recursive: true, force: true })
for (const [file, text] of renderReference()) {
  const target = path.join(reference, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
writeFileSync(path.join(root, 'charts/millrace/values.schema.json'), chartValuesSchema())
writeFileSync(path.join(root, 'charts/millrace/files/domains.yaml'), chartDomains())
process.stdout.write(
  'Wrote packages/contracts/published.json, docs/reference, charts/millrace/values.schema.json and charts/millrace/files/domains.yaml.\n',
)
