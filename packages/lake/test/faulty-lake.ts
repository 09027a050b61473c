import type { Lake } from '../src/index.ts'
import { Crash } from './lake-world.ts'

/** What happens to one call: the process dies before it, after it, or (a write) with half of it done. */
export type CrashPoint = { readonly call: number; readonly when: 'before' | 'after' | 'torn' }

const METHODS = ['write', 'rename', 'read', 'download', 'list', 'stat', 'remove'] as const

/** Wraps every call of a lake. */
export function wrapLake(
  inner: Lake,
  around: (method: string, args: unknown[], call: () => Promise<unknown>) => Promise<unknown>,
): Lake {
  const wrapped: Record<string, unknown> = { ...inner, location: inner.location }
  for (const method of METHODS) {
    const call = inner[method] as (...args: unknown[]) => Promise<unknown>
    wrapped[method] = (...args: unknown[]) => around(method, args, () => call(...args))
  }
  return wrapped as unknown as Lake
}

/**
 * A lake whose user dies at the given call (counted from 0): from then on every call fails, as nothing reaches the lake any
 * more. `calls` are their methods in order, `afterCall` runs behind each that was let through.
 */
export function createCrashingLake(
  inner: Lake,
  point: CrashPoint | null,
  afterCall: () => Promise<void> = async () => {},
) {
  const calls: string[] = []
  let dead = false
  const lake = wrapLake(inner, async (method, args, call) => {
    if (dead) throw new Crash('dead')
    const isPoint = calls.push(method) - 1 === point?.call
    if (isPoint) dead = true
    if (isPoint && point?.when === 'before') throw new Crash('before')
    if (isPoint && point?.when === 'torn' && method === 'write') {
      await inner.write(String(args[0]), Buffer.from('to'))
      throw new Crash('torn')
    }
    const result = await call()
    await afterCall()
    if (isPoint) throw new Crash('after')
    return result
  })
  return { lake, calls }
}
