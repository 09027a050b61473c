import { startMain } from '@millrace/runtime'
import { runReconciler } from './app.ts'

await startMain(async () => {
  process.exit(await runReconciler(process.env, line => process.stdout.write(`${line}\n`)))
})
