import { existsSync, mkdirSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** A folder and those above it, as far as they are missing, the highest first. */
function missing(directory: string): string[] {
  const folders: string[] = []
  for (let at = resolve(directory); !existsSync(at); at = dirname(at)) folders.unshift(at)
  return folders
}

function unlessMadeMeanwhile(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
}

/**
 * Makes a folder and those above it that are missing, one by one: Node's own recursion never ends below /proc.
 * @throws the system's error
 */
export async function makeDirectory(directory: string): Promise<void> {
  for (const folder of missing(directory)) await mkdir(folder).catch(unlessMadeMeanwhile)
}

/** The same without a promise. */
export function makeDirectorySync(directory: string): void {
  for (const folder of missing(directory))
    try {
      mkdirSync(folder)
    } catch (error) {
      unlessMadeMeanwhile(error)
    }
}
