import { processHere } from './current-process.ts'

export const setImmediate = (): Promise<void> => processHere().locally('turns', () => {})

export const setTimeout = (ms: number, _value?: unknown, options: { signal?: AbortSignal } = {}): Promise<void> =>
  processHere().clock.sleep(ms, options.signal)
