import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { breakingChanges, type PublishedContracts } from '@millrace/contracts'
import { z } from 'zod'

/** Contracts of the last release. Only a release writes it. */
const RELEASED = 'released.json'
/** Breaks of them that the next release is to make, in the words of `breakingChanges`. */
const ALLOWED = 'allowed-breaks.json'

const allowedBreaks = z.array(z.strictObject({ break: z.string().min(1), why: z.string().min(1) }))

const readJson = (folder: string, file: string): unknown => JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
const writeJson = (folder: string, file: string, content: unknown): void =>
  writeFileSync(path.join(folder, file), `${JSON.stringify(content, null, 2)}\n`)

/**
 * What stands against generating `current`, a sentence each: breaks of what was released that nobody allowed by name, and
 * allowed breaks that do not occur. What was never released may change in any way.
 * @param folder the one of `released.json` and `allowed-breaks.json`
 * @throws ZodError, SyntaxError where these cannot be read
 */
export function contractProblems(folder: string, current: PublishedContracts): string[] {
  const breaks = breakingChanges(readJson(folder, RELEASED) as PublishedContracts, current)
  const allowed = allowedBreaks.parse(readJson(folder, ALLOWED)).map(entry => entry.break)
  return [
    ...breaks.filter(sentence => !allowed.includes(sentence)).map(sentence => `breaks the last release: ${sentence}`),
    ...allowed
      .filter(sentence => !breaks.includes(sentence))
      .map(sentence => `allowed, but does not occur: ${sentence}`),
  ]
}

/** Makes `current` the contracts of the last release. The allowed breaks are part of it from now on, so their list is emptied. */
export function releaseContracts(folder: string, current: PublishedContracts): void {
  writeJson(folder, RELEASED, current)
  writeJson(folder, ALLOWED, [])
}
