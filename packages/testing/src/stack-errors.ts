import { type ErrorTable, errorFactory } from '@millrace/runtime'

export const stackErrors = {
  unavailable: { message: '{reason}', retryable: false, kind: 'infrastructure' },
  already_running: {
    message:
      'A stack runs already in {directory} ({servers}). Attach to it with openStack, or stop it first: npm run millrace -- stack down --directory {argument}',
    retryable: false,
    kind: 'input',
  },
  busy: {
    message: 'Another process is starting or stopping a stack in {directory}; wait for it or use another directory.',
    retryable: true,
    kind: 'input',
  },
  engine_away: {
    message:
      'No Docker engine answers, and the stack of this folder is in one: start Docker, set DOCKER_HOST as it was when the stack was started, or remove the folder.',
    retryable: true,
    kind: 'infrastructure',
  },
  bad_options: { message: '{problem}', retryable: false, kind: 'input' },
  unknown_server: {
    message: 'There is no server "{name}" in this stack. Known: {known}.',
    retryable: false,
    kind: 'input',
  },
  died: {
    message: '{name} ended while it was starting. Log: {log}\n{tail}',
    retryable: false,
    kind: 'infrastructure',
  },
  not_ready: {
    message: '{name} was not ready after {seconds} s: {last}. Log: {log}\n{tail}',
    retryable: true,
    kind: 'infrastructure',
  },
  tool_failed: {
    message: '{what} failed ({outcome}). Log: {log}\n{tail}',
    retryable: false,
    kind: 'infrastructure',
  },
  not_running: { message: '{name} does not run, so it cannot be {what}.', retryable: false, kind: 'input' },
} as const satisfies ErrorTable

export const stackError = errorFactory('StackError', stackErrors)
