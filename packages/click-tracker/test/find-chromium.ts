import { accessSync, constants } from 'node:fs'
import path from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge']
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A Chromium of this machine: the one of MILLRACE_CHROMIUM, else of the PATH, else an application of macOS; or why there is none. */
export function findChromium({ MILLRACE_CHROMIUM, PATH = '' }: Readonly<Record<string, string | undefined>>): {
  readonly file: string | null
  readonly reason: string | null
} {
  if (MILLRACE_CHROMIUM !== undefined)
    return isProgram(MILLRACE_CHROMIUM)
      ? { file: MILLRACE_CHROMIUM, reason: null }
      : { file: null, reason: `MILLRACE_CHROMIUM is ${MILLRACE_CHROMIUM}, which is not a program` }
  const folders = PATH.split(path.delimiter).filter(folder => folder !== '')
  const file = [...NAMES.flatMap(name => folders.map(folder => path.join(folder, name))), ...APPLICATIONS].find(
    isProgram,
  )
  return file === undefined
    ? { file: null, reason: `no Chromium is on the PATH (${NAMES.join(', ')}): install one or set MILLRACE_CHROMIUM` }
    : { file, reason: null }
}
