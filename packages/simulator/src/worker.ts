import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import './outside/hooks.ts'
import type { SimulateOptions } from './simulate.ts'

/* Runs one seed after the other, as it is told to. The product is loaded behind the hooks. */

const { PLANT } = process.env
if (PLANT) (await import('../planted/plant.ts')).plant(PLANT)
const { simulate } = await import('./simulate.ts')

const SHOWN_FRAMES = 10
const MEMORY_FOLDER = '/dev/shm'
const parent = existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir()

/** Of the run that is under way. */
let folder: string | null = null
const removeFolder = (): void => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true })
  folder = null
}

async function run(options: Omit<SimulateOptions, 'martFile'>): Promise<void> {
  folder = mkdtempSync(join(parent, 'millrace-simulator-'))
  // Stack traces of errors that the product handles take a tenth of the time.
  Error.stackTraceLimit = options.showLogs ? SHOWN_FRAMES : 0
  const { user, system } = process.cpuUsage()
  try {
    const result = await simulate({ ...options, martFile: join(folder, 'mart.db') })
    const used = process.cpuUsage({ user, system })
    process.send!({ ...result, cpuMs: (used.user + used.system) / 1000 })
  } finally {
    removeFolder()
  }
}

// Nobody waits for an answer any more.
process.on('disconnect', () => {
  removeFolder()
  process.exit()
})
process.on('message', options => void run(options as Omit<SimulateOptions, 'martFile'>))
process.send!('ready')
