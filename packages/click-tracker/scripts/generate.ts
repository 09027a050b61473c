import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { generatedFiles, root } from './build.ts'

/* Writes the built tracker. With --release the script is also kept among the released ones, which the gateway goes on serving under their own addresses. */
const { values: flags } = parseArgs({ options: { release: { type: 'boolean', default: false } } })
for (const [file, text] of await generatedFiles({ isRelease: flags.release })) {
  const target = path.join(root, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
