import { startMain } from '@millrace/runtime'
import { runGateway } from './app.ts'

// One process, one core. Several cores: node:cluster here, with the quotas divided by the workers as by replicas.
await startMain(() => runGateway(process.env))
