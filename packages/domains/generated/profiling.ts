// Generated from index.ts by `npm run generate`.
import { profiling as music } from '../music/profile.ts'

export const profilings = [music]
