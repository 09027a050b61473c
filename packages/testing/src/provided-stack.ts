import type { StackAddresses } from './stack.ts'

/** What integration tests get from vitest's `inject('stack')`: a stack that runs, or why there is none. */
export type ProvidedStack = (StackAddresses & { readonly directory: string }) | { readonly unavailable: string }

declare module 'vitest' {
  interface ProvidedContext {
    stack: ProvidedStack
  }
}
