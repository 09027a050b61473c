import type { UUID } from 'node:crypto'
import { currentProcess, processHere } from './current-process.ts'

export { createHash, hash, timingSafeEqual } from 'node:crypto'

export const randomUUID = (): UUID => processHere().random.uuid() as UUID

export function randomBytes(size: number): Buffer {
  const { random } = processHere()
  return Buffer.from(Array.from({ length: size }, () => random.int(0, 255)))
}

/** For modules that draw a number when they are loaded: any will do. */
const WHILE_LOADING = 0.5

export function randomInt(min: number, max?: number): number {
  const [from, below] = max === undefined ? [0, min] : [min, max]
  return from + Math.floor((currentProcess.getStore()?.random.float() ?? WHILE_LOADING) * (below - from))
}
