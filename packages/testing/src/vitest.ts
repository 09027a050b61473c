export { describeOnStack, type StackWith } from './describe-on-stack.ts'
export type { ProvidedStack } from './provided-stack.ts'
export { skipWithout } from './skip-without.ts'
