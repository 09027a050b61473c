import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { createEmbeddedMart } from '../src/index.ts'
import { describeMart } from './conformance.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-mart-'))
afterAll(() => rmSync(folder, { recursive: true }))

describeMart('embedded', async () => createEmbeddedMart({ file: path.join(folder, 'made/mart.db') }), { runs: 200 })
