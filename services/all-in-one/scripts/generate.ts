import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { publishedForm } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { chartDomains, chartValuesSchema } from '../src/reference/chart.ts'
import { contractProblems, releaseContracts } from '../src/reference/released-contracts.ts'
import { renderReference } from '../src/reference/render.ts'

/* Writes what is generated from the contracts, the services' environments and the chart's values, unless a change breaks the last release. With --release the contracts become those of the last release. */
const { values: flags } = parseArgs({ options: { release: { type: 'boolean', default: false } } })
const root = fileURLToPath(new URL('../../..', import.meta.url))
const contracts = path.join(root, 'packages/contracts')
const reference = path.join(root, 'docs/reference')

const current = publishedForm(catalog)
const problems = contractProblems(contracts, current)
if (problems.length > 0) {
  process.stderr.write(
    `The contracts do not fit packages/contracts/released.json and allowed-breaks.json:\n${problems.map(line => `  - ${line}`).join('\n')}\nUndo a break, or add it to allowed-breaks.json: { "break": "<the sentence after the colon>", "why": "…" }. Remove what does not occur.\n`,
  )
  process.exit(1)
}
if (flags.release) releaseContracts(contracts, current)
rmSync(reference, { recursive: true, force: true })
for (const [file, text] of renderReference()) {
  const target = path.join(reference, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
writeFileSync(path.join(root, 'charts/millrace/values.schema.json'), chartValuesSchema())
writeFileSync(path.join(root, 'charts/millrace/files/domains.yaml'), chartDomains())
process.stdout.write(
  `Wrote docs/reference, charts/millrace/values.schema.json and charts/millrace/files/domains.yaml${flags.release ? ', and packages/contracts/released.json for the release' : ''}.\n`,
)
