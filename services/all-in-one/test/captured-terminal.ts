import type { Terminal } from '../src/cli/terminal.ts'

/** A terminal that keeps what it is told. */
export function captureTerminal(): Terminal & { readonly printed: string[]; readonly said: string[] } {
  const printed: string[] = []
  const said: string[] = []
  return {
    printed,
    said,
    print: line => void printed.push(...line.split('\n')),
    say: line => void said.push(...line.split('\n')),
    progress: () => {},
    endProgress: () => {},
    bold: text => text,
  }
}
