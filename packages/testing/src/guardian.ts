import { endStack } from './end-stack.ts'
import { readRun } from './stack-state.ts'

/*
 * Runs beside a process that started a stack and ends the stack when that process is gone, however it went (Ctrl-C,
 * kill -9, a crash): its end closes this process's standard input. "release" on it means that the servers may stay;
 * another run in the folder means that the servers are not of that process.
 */

const [directory, run] = process.argv.slice(2) as [string, string]
let released = false

process.stdin.on('data', chunk => {
  released ||= chunk.toString().includes('release')
})
process.stdin.on('error', () => {})
process.stdin.on('close', () => {
  if (!released && readRun(directory) === run) void endStack(directory)
})
