import { startMain } from '@millrace/runtime'
import { runArchiver } from './app.ts'

await startMain(() => runArchiver(process.env))
