import { startMain } from '@millrace/runtime'
import { runAggregator } from './app.ts'

await startMain(() => runAggregator(process.env))
