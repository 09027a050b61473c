import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const simulationErrors = {
  gateway_refused: {
    message: 'The gateway at {url} does not take {topic} from this sender: {status} {reason}. {hint}',
    retryable: false,
    kind: 'input',
  },
  gateway_unavailable: {
    message: 'The gateway at {url} took nothing for {seconds} s: {reason}. Start it, or check its address.',
    retryable: true,
    kind: 'infrastructure',
  },
  log_unavailable: {
    message: 'The event log took nothing for {seconds} s: {reason}.',
    retryable: true,
    kind: 'infrastructure',
  },
  reader_gone: { message: 'Nobody reads the output any more.', retryable: false, kind: 'infrastructure' },
  given_up: { message: 'Stopped before an answer came.', retryable: true, kind: 'infrastructure' },
  read_failed: { message: 'Cannot read {path}: {reason}', retryable: false, kind: 'input' },
  file_failed: { message: 'Cannot write {path}: {reason}', retryable: false, kind: 'infrastructure' },
  sink_closed: { message: 'The sink was closed.', retryable: false, kind: 'internal' },
} as const satisfies ErrorTable

export const simulationError = errorFactory('SimulationError', simulationErrors)
