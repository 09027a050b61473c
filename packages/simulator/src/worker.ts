import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './outside/hooks.ts'
import type { SimulateOptions } from './simulate.ts'

/* Runs one seed after the other, as it is told to. The product is loaded behind the hooks. */

const { PLANT } = process.env
if (PLANT) (await import('../planted/plant.ts')).plant(PLANT)
const { simulate } = await import('./simulate.ts')

const MEMORY_FOLDER = '/dev/shm'
const parent = existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir()

async function run(options: Omit<SimulateOptions, 'martFile'>): Promise<void> {
  const folder = mkdtempSync(join(parent, 'millrace-simulator-'))
  const { user, system } = process.cpuUsage()
  try {
    const result = await simulate({ ...options, martFile: join(folder, 'mart.db') })
    const used = process.cpuUsage({ user, system })
    process.send!({ ...result, cpuMs: (used.user + used.system) / 1000 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// Nobody waits for an answer any more.
process.on('disconnect', () => process.exit())
process.on('message', options => void run(options as Omit<SimulateOptions, 'martFile'>))
process.send!('ready')
