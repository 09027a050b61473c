import type { StackAddresses, StackWay } from './stack.ts'

/** What integration tests get from vitest's `inject('stack')`: a stack that runs, or why there is none. */
export type ProvidedStack = RunningStack | { readonly unavailable: string }

export type RunningStack = StackAddresses & { readonly directory: string; readonly way: StackWay }

declare module 'vitest' {
  interface ProvidedContext {
    stack: ProvidedStack
  }
}
