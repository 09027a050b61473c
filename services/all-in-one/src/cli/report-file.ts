import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'
import { UsageError } from './usage-error.ts'

/** Stands for standard output where a file may be named. */
export const STDOUT = '-'

function isWritable(target: string): boolean {
  try {
    accessSync(target, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** What hinders a run from writing its report; null where nothing does. */
function problemOf(file: string, emptied: string | undefined): string | null {
  const folder = path.dirname(path.resolve(file))
  const there = statSync(file, { throwIfNoEntry: false })
  if (emptied !== undefined && folder === path.resolve(emptied)) return null
  if (emptied !== undefined && folder.startsWith(path.resolve(emptied) + path.sep)) return `the run empties ${emptied}`
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return `there is no folder ${folder}`
  if (there?.isDirectory()) return 'that is a folder'
  const target = there ? file : folder
  return isWritable(target) ? null : `${target} cannot be written to`
}

/**
 * Sees to it, before the work, that its result can be written after it.
 * @param option that names the file
 * @param emptied folder that the run makes anew
 * @throws UsageError that says why it cannot
 */
export function checkReportFile(option: string, file: string, emptied?: string): void {
  if (file === STDOUT) return
  const problem = problemOf(file, emptied)
  if (problem !== null)
    throw new UsageError(`${option} is ${JSON.stringify(file)}: ${problem}. Expected a file in a folder that is there.`)
}
