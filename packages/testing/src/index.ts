export type { ServerHandle, Stack, StackAddresses, StackOptions } from './stack.ts'
