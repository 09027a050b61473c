export { describeStack, openStack, stopStack } from './open-stack.ts'
export type { ProvidedStack } from './provided-stack.ts'
export type {
  ServerDescription,
  ServerHandle,
  Stack,
  StackAddresses,
  StackDescription,
  StackOptions,
  StackWay,
} from './stack.ts'
export { startStack } from './start-stack.ts'
export { WaitError, type WaitOptions, waitUntil } from './wait-until.ts'
