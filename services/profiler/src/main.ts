import { startMain } from '@millrace/runtime'
import { runProfiler } from './app.ts'

await startMain(() => runProfiler(process.env))
