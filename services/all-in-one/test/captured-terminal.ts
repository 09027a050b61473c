import { createTerminal, type Terminal } from '../src/cli/terminal.ts'

/** A terminal that keeps what it is told. */
export function captureTerminal(): Terminal & { readonly printed: string[]; readonly said: string[] } {
  const printed: string[] = []
  const said: string[] = []
  const into = (lines: string[]) => ({ write: (text: string) => lines.push(...text.replace(/\n$/, '').split('\n')) })
  return { printed, said, ...createTerminal({ stdout: into(printed), stderr: into(said) }, () => 0) }
}
