import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, onTestFinished } from 'vitest'

/**
 * Makes an empty directory that ends with the running test, or, outside of a test, with its file.
 *
 * What a test makes afterwards, such as a process that writes there, ends before the directory: hooks run in
 * reverse order. A process that was killed may write for another moment, so that the removal is tried again.
 *
 * @param name the start of its name
 */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), `${name}-`))
  const whenDone = expect.getState().currentTestName === undefined ? afterAll : onTestFinished
  whenDone(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
  return directory
}
