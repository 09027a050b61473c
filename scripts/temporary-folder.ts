import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * Global set-up of all tests: the system's folder for temporary files is one of this run, which is removed at its end with
 * everything that is left. Hooks of a test do not run where it is skipped or its process dies.
 */
export default function setUp(): () => void {
  const before = process.env.TMPDIR
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-tests-'))
  process.env.TMPDIR = folder
  return () => {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true, force: true })
  }
}
