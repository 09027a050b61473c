import { describe, expect, it } from 'vitest'
import { createTerminal, formatTable } from './terminal.ts'

const ESCAPE = '\u001b'

describe('progress where output is not a terminal', () => {
  it('is printed when there was no line for a few seconds, and never after a later line', () => {
    let nowMs = 0
    let written = ''
    const stderr = { write: (text: string) => (written += text) }
    const terminal = createTerminal({ stdout: stderr, stderr }, () => nowMs)
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

describe('progress on a terminal', () => {
  /** What a screen shows after these bytes: line feeds, carriage returns, cursor up, and erasing a line. */
  function screenOf(text: string): string {
    const lines = ['']
    let [row, column] = [0, 0]
    for (const [token] of text.matchAll(new RegExp(`${ESCAPE}\\[\\d?[A-Z]|[\\s\\S]`, 'g'))) {
      if (token === '\n') [row, column] = [row + 1, 0]
      else if (token === '\r') column = 0
      else if (token === `${ESCAPE}[1A`) row--
      else if (token === `${ESCAPE}[2K`) lines[row] = ''
      else
        lines[row] =
          `${(lines[row] ?? '').slice(0, column).padEnd(column)}${token}${(lines[row] ?? '').slice(++column)}`
      lines[row] ??= ''
    }
    return lines.join('\n').trimEnd()
  }

  it('replaces its lines, however many there were, and leaves no rest of them', () => {
    const { terminal, text } = recorded(true)
    terminal.say('Begin')
    terminal.progress('a 1,000', 'b 2,000', 'c 3,000')
    terminal.progress('a 1,001', 'b 2,001')
    expect(screenOf(text())).toBe('Begin\na 1,001\nb 2,001')
    terminal.progress('9 on their way')
    expect(screenOf(text())).toBe('Begin\n9 on their way')
    terminal.progress('x', 'y')
    terminal.endProgress()
    terminal.say('Done')
    expect(screenOf(text())).toBe('Begin\nx\ny\nDone')
  })

  it('shows no more lines than the window has', () => {
    let text = ''
    const output = { isTTY: true, columns: 80, rows: 3, write: (chunk: string) => (text += chunk) }
    createTerminal({ stdout: output, stderr: output }, () => 0).progress('1', '2', '3', '4')
    expect(screenOf(text)).toBe('1\n2')
  })
})

/** A terminal for people, or a file, with everything that was written to it. */
function recorded(isTTY: boolean, environment: Readonly<Record<string, string>> = {}) {
  let text = ''
  const output = { isTTY, columns: 10_000, write: (chunk: string) => (text += chunk) }
  let nowMs = 0
  const terminal = createTerminal({ stdout: output, stderr: output }, () => (nowMs += 10_000), environment)
  return { terminal, text: () => text }
}

describe('text from outside', () => {
  const acting = Array.from({ length: 0x110000 }, (_, code) => code)
    .filter(code => code < 0xd800 || code > 0xdfff)
    .map(code => String.fromCodePoint(code))
    .filter(character => /[\p{Cc}\p{Cf}]/u.test(character))

  it('cannot act on the terminal, whichever way it is written', () => {
    const { terminal, text } = recorded(false)
    for (const write of [terminal.print, terminal.say, terminal.heading, terminal.progress])
      for (const character of acting) write(`a${character}b`)
    for (const line of formatTable(
      ['name'],
      acting.map(character => [character]),
    ))
      terminal.print(line)
    expect(acting.length).toBeGreaterThan(200)
    expect(text().split('\u001b')).toHaveLength(1)
    expect([...text()].filter(character => /(?![\t\n])[\p{Cc}\p{Cf}]/u.test(character))).toEqual([])
  })

  it('stays on one line of a table', () => {
    expect(formatTable(['name'], [['a\nb\tc']])).toEqual(['name', 'a\\u000ab\\u0009c'])
  })

  it('is the same value in JSON', () => {
    const { terminal, text } = recorded(false)
    const value = { all: acting.join('') }
    terminal.print(JSON.stringify(value, null, 2))
    expect(JSON.parse(text())).toEqual(value)
  })
})

describe('styles', () => {
  const written = (isTTY: boolean, environment?: Readonly<Record<string, string>>): string => {
    const { terminal, text } = recorded(isTTY, environment)
    terminal.heading('Result')
    terminal.progress('1 of 2')
    terminal.say('done')
    return text()
  }

  it('are for terminals, and not where NO_COLOR or TERM=dumb is set', () => {
    expect(written(true)).toContain(`${ESCAPE}[1mResult`)
    expect(written(true, { NO_COLOR: '' })).toContain(`${ESCAPE}[1m`)
    expect(written(true, { NO_COLOR: '1' })).not.toContain(`${ESCAPE}[1m`)
    expect(written(true, { TERM: 'dumb' })).toBe('Result\n1 of 2\ndone\n')
    expect(written(false)).toBe('Result\n1 of 2\ndone\n')
  })
})
