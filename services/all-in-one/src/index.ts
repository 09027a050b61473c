export { type AllInOne, type AllInOneOptions, createAllInOne } from './all-in-one.ts'
export { type DemoOptions, type DemoResult, runDemo } from './demo.ts'
export { ensurePlatform, openEmbeddedPlatform, openServerPlatform, type Platform } from './platform.ts'
