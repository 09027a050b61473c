import { startMain } from '@millrace/runtime'
import { runCurator } from './app.ts'

await startMain(() => runCurator(process.env))
