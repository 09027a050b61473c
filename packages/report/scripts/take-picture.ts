/* Takes the picture of the page of a run that the README shows: the headline, the flow and the pictures of the domains. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [WIDTH, HEIGHT] = [1600, 1340]
/** Leaves out the sections between the flow and the domains, and the tables. */
const CROP =
  '<style>nav,main>section:not(:first-child),.card,details{display:none!important}section{padding-bottom:1rem}</style></head>'

const [page, picture, chromium = 'chromium'] = process.argv.slice(2)
if (page === undefined || picture === undefined)
  throw new Error(
    'Expected the page of a run, the PNG file to write, and the command of Chromium unless it is "chromium".',
  )
const folder = mkdtempSync(path.join(os.tmpdir(), 'report-picture-'))
try {
  const cropped = path.join(folder, 'page.html')
  writeFileSync(cropped, readFileSync(page, 'utf8').replace('</head>', CROP))
  execFileSync(
    chromium,
    [
      ...['--headless', '--hide-scrollbars', '--disable-gpu', `--user-data-dir=${path.join(folder, 'profile')}`],
      // The page has no script and is not allowed to fetch anything, and root has no sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ...[`--window-size=${WIDTH},${HEIGHT}`, `--screenshot=${path.resolve(picture)}`, pathToFileURL(cropped).href],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
