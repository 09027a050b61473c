import { startMain } from '@millrace/runtime'
import { runDetectorEvaluator } from './app.ts'

await startMain(() => runDetectorEvaluator(process.env))
