import { startMain } from '@millrace/runtime'
import { runGenerator } from './app.ts'

await startMain(() => runGenerator(process.env))
