import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderFiles } from '../src/render.ts'

/* Writes the dashboards and alert rules of the chart. */
const files = fileURLToPath(new URL('../../../charts/millrace/files', import.meta.url))
for (const folder of ['dashboards', 'alerts']) rmSync(path.join(files, folder), { recursive: true, force: true })
for (const [file, text] of renderFiles()) {
  const target = path.join(files, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
process.stdout.write('Wrote the dashboards and alerts in charts/millrace/files.\n')
