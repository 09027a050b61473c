import { startMain } from '@millrace/runtime'
import { runAnomalyScorer } from './app.ts'

await startMain(() => runAnomalyScorer(process.env))
