import { startMain } from '@millrace/runtime'
import { runProvisioner } from './app.ts'

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    process.stderr.write(`Stopped by ${signal}; what was made stays.\n`)
    process.exit(1)
  })

await startMain(async () => {
  process.stdout.write(`${await runProvisioner(process.env, line => process.stderr.write(`${line}\n`))}\n`)
  process.exit(0)
})
