import { printable, printableLine } from './printable.ts'

/**
 * Where a command writes: results to standard output, progress to standard error. Characters that could act on a terminal are escaped
 * here, whatever the text comes from.
 */
export interface Terminal {
  /** One line of the result. */
  print(line: string): void
  /** One line of the result, marked up where the output is a terminal with styles. */
  heading(line: string): void
  /** One line about what is going on. */
  say(line: string): void
  /**
   * Replaces the lines that show progress. Where output is not a terminal, they are lines of their own if there were none for a few
   * seconds, and are left out otherwise.
   */
  progress(...lines: readonly string[]): void
  /** Ends the lines that show progress. */
  endProgress(): void
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

const PLAIN_INTERVAL_MS = 5000

/**
 * @param streams where to write
 * @param now the time, ms
 * @param environment `TERM=dumb` leaves out every control sequence, and a `NO_COLOR` that is not empty leaves out styles (no-color.org)
 */
export function createTerminal(
  streams: { readonly stdout: Output; readonly stderr: Output },
  now: () => number,
  environment: Readonly<Record<string, string | undefined>> = {},
): Terminal {
  const { stdout, stderr } = streams
  const isDumb = environment.TERM === 'dumb'
  const isStyled = stdout.isTTY === true && !isDumb && !environment.NO_COLOR
  const live = stderr.isTTY === true && !isDumb
  /** Lines of progress that are shown, the cursor behind the last of them. */
  let open = 0
  let lastLineMs = now()
  const clear = (): void => {
    if (open > 0) stderr.write(`\r\u001b[2K${'\u001b[1A\u001b[2K'.repeat(open - 1)}`)
    open = 0
    lastLineMs = now()
  }
  return {
    print: line => {
      clear()
      stdout.write(`${printable(line)}\n`)
    },
    heading: line => {
      clear()
      stdout.write(isStyled ? `\u001b[1m${printable(line)}\u001b[22m\n` : `${printable(line)}\n`)
    },
    say: line => {
      clear()
      stderr.write(`${printable(line)}\n`)
    },
    progress: (...lines) => {
      if (live) {
        clear()
        // More lines than the window has would scroll, and could not be replaced.
        const shown = lines.slice(0, Math.max(1, (stderr.rows ?? 24) - 1))
        const width = (stderr.columns ?? 80) - 1
        stderr.write(shown.map(line => printableLine(line).slice(0, width)).join('\n'))
        open = shown.length
      } else if (now() - lastLineMs >= PLAIN_INTERVAL_MS) {
        lastLineMs = now()
        stderr.write(lines.map(line => `${printableLine(line)}\n`).join(''))
      }
    },
    endProgress: () => {
      if (open > 0) stderr.write('\n')
      open = 0
    },
  }
}

/** Resolves when a stream has handed over everything that was written to it. */
export const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise(resolve => void stream.write('', () => resolve()))

/** Lines of a table with aligned columns; numbers to the right, and each cell on one line. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string[] {
  const cells = rows.map(row =>
    row.map(cell =>
      cell === null ? '-' : typeof cell === 'number' ? cell.toLocaleString('en-US') : printableLine(cell),
    ),
  )
  const widths = header.map((name, index) => Math.max(name.length, ...cells.map(row => (row[index] ?? '').length)))
  const line = (row: readonly string[], source?: readonly (string | number | null)[]): string =>
    row
      .map((cell, index) => {
        const right = source
          ? typeof source[index] !== 'string'
          : rows.length > 0 && typeof rows[0]?.[index] !== 'string'
        return right ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
      })
      .join('  ')
      .trimEnd()
  return [line(header), ...cells.map((row, index) => line(row, rows[index]))]
}
