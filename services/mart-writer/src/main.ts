import { startMain } from '@millrace/runtime'
import { runMartWriter } from './app.ts'

await startMain(() => runMartWriter(process.env))
