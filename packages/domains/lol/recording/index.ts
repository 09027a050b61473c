export { approachFrom } from './approach-from.ts'
export {
  isRecordingHeader,
  type Recording,
  type RecordingProblem,
  readRecording,
  type Sample,
} from './read-recording.ts'
