import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServiceProcess } from '../service-process.ts'

/** The process whose code runs. */
export const currentProcess = new AsyncLocalStorage<ServiceProcess>()

/** @throws where no process runs: code of the product that reaches its surroundings belongs to one */
export function processHere(): ServiceProcess {
  const process = currentProcess.getStore()
  if (!process) throw new Error('Code of the product has reached its surroundings outside of any process.')
  return process
}
