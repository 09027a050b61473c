import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createTerminal } from './terminal.ts'

describe('progress where output is not a terminal', () => {
  it('is printed when there was no line for a few seconds, and never after a later line', () => {
    let nowMs = 0
    let written = ''
    const stderr = new Writable({
      write(chunk, _, done) {
        written += chunk
        done()
      },
    })
    const terminal = createTerminal({ stdout: process.stdout, stderr: stderr as NodeJS.WriteStream }, () => nowMs)
    for (const line of ['0 %', '10 %']) terminal.progress(line)
    nowMs = 6_000
    for (const line of ['60 %', '61 %']) terminal.progress(line)
    terminal.say('Sent everything')
    nowMs = 10_000
    terminal.progress('1 of 3 compared')
    nowMs = 11_000
    for (const line of ['2 of 3 compared', '3 of 3 compared']) terminal.progress(line)
    terminal.endProgress()
    terminal.say('Done')
    expect(written).toBe('60 %\nSent everything\n2 of 3 compared\nDone\n')
  })
})
