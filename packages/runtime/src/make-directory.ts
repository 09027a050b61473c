import { existsSync, mkdirSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** A folder and those above it, as far as they are missing, the highest first; a file in its place counts as missing. */
function missing(directory: string): string[] {
  const folder = resolve(directory)
  if (existsSync(folder)) return statSync(folder).isDirectory() ? [] : [folder]
  const folders: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) folders.unshift(at)
  return folders
}

function unlessMadeMeanwhile(folder: string, error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error
}

/**
 * Makes a folder and those above it that are missing, one by one: Node's own recursion never ends below /proc.
 * @throws the system's error
 */
export async function makeDirectory(directory: string): Promise<void> {
  for (const folder of missing(directory)) await mkdir(folder).catch(error => unlessMadeMeanwhile(folder, error))
}

/** The same without a promise. */
export function makeDirectorySync(directory: string): void {
  for (const folder of missing(directory))
    try {
      mkdirSync(folder)
    } catch (error) {
      unlessMadeMeanwhile(folder, error)
    }
}
