import { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeDirectorySync } from '@millrace/runtime'

/** The last lines of the files that are there and hold something, each under its name where there are several. */
export function tailOf(files: readonly string[], lines = 15): string {
  const tails = files.map(file => ({ file, tail: tail(file, lines) })).filter(({ tail }) => tail !== '')
  if (tails.length === 0) return '  (the log is empty)'
  return tails.map(({ file, tail }) => (tails.length > 1 ? `  ${file}:\n${tail}` : tail)).join('\n')
}

function tail(file: string, lines: number): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size, 16_384))
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
    const text = buffer.toString('utf8').trimEnd()
    if (text === '') return ''
    return text
      .split('\n')
      .slice(-lines)
      .map(line => `  | ${line}`)
      .join('\n')
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a file so that a reader sees all of it or nothing, making its folder. */
export function writeWhole(file: string, content: string): void {
  makeDirectorySync(path.dirname(file))
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, content)
  renameSync(temporary, file)
}
