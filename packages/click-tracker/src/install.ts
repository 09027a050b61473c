import type { TrackerCommand } from '../types/index.d.ts'
import { commands } from './tracker.ts'

/** `isReady` tells a tracker from the function that keeps commands in `q` until it is there. */
type OnPage = TrackerCommand & { isReady?: boolean; q?: Parameters<TrackerCommand>[] }

/** Puts the tracker on the page and runs the commands that came before it. Where one is there already, of whatever version, it stays the only one. */
export function install(): TrackerCommand {
  const page = window as { millrace?: OnPage }
  const run: OnPage = (name, value) => commands[name](value)
  const before = page.millrace || run
  if (before.isReady) return before
  run.isReady = true
  page.millrace = run
  for (const [name, value] of before.q || []) run(name, value)
  return run
}
