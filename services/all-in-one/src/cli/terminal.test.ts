import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createTerminal } from './terminal.ts'

describe('progress where output is not a terminal', () => {
  it('is printed every few seconds, and at its end', () => {
    let nowMs = 0
    let written = ''
    const stderr = new Writable({
      write(chunk, _, done) {
        written += chunk
        done()
      },
    })
    const terminal = createTerminal({ stdout: process.stdout, stderr: stderr as NodeJS.WriteStream }, () => nowMs)
    for (const line of ['0 %', '10 %', '20 %']) terminal.progress(line)
    nowMs = 6_000
    for (const line of ['60 %', '100 %']) terminal.progress(line)
    terminal.endProgress()
    terminal.endProgress()
    expect(written).toBe('0 %\n60 %\n100 %\n')
  })
})
