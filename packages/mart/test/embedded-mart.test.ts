import path from 'node:path'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { createEmbeddedMart } from '../src/index.ts'
import { describeMart } from './conformance.ts'

const folder = temporaryDirectory('mart')

describeMart('embedded', async options => createEmbeddedMart({ file: path.join(folder, 'made/mart.db'), ...options }), {
  runs: 200,
})
