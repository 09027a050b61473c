import { mkdtempSync } from 'node:fs'
import './outside/hooks.ts'
const { simulate } = await import('./simulate.ts')
const { faultKinds } = await import('./faults.ts')
const [seed = '1', kinds = ''] = process.argv.slice(2)
const domains = process.env.D ? process.env.D.split(',') : ['lol','hotel','lostark','ad','antenna','music','web']
const started = Date.now()
const result = await simulate({ seed, martFile: `${mkdtempSync('/dev/shm/simulator-')}/mart.db`, minutes: Number(process.env.M ?? 10), domains, kinds: (kinds === 'all' ? faultKinds : kinds ? kinds.split(',') : []) as never, showLogs: !!process.env.L, ...(process.env.T && { traceFile: process.env.T }) })
console.log(JSON.stringify({ ...result, wallMs: Date.now() - started, x: result.virtualMs / (Date.now() - started) }, null, 1))
