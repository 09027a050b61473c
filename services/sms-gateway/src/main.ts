import { startMain } from '@millrace/runtime'
import { runSmsGateway } from './app.ts'

await startMain(() => runSmsGateway(process.env))
