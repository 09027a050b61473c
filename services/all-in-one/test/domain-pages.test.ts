import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { allDomains } from '@millrace/domains/contracts'
import { waitUntil } from '@millrace/testing'
import { skipWithout, temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it, onTestFinished } from 'vitest'

/* The commands of docs/domains/*.md, as a newcomer pastes them, and what the pages say that they print. */

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const folder = fileURLToPath(new URL('../../../docs/domains', import.meta.url))
const pages = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.md')) : []
const MINUTES = 60_000

interface Step {
  readonly command: string
  /** What the page says that it prints; null where it says nothing. */
  readonly output: string | null
}

/** The blocks of commands of a page, each with the block of output that follows. */
function stepsOf(page: string): Step[] {
  const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }))
  return blocks.flatMap(({ language, text }, index) => {
    if (language !== 'sh') return []
    const next = blocks[index + 1]
    return [{ command: text, output: next?.language === '' ? next.text : null }]
  })
}

const isRead = (command: string): boolean => /millrace -- (mart|failed|alerts|topics)\b/.test(command)
const isSend = (command: string): boolean => /\bcurl\b|\bsend\b|millrace -- generate\b/.test(command)

/** Shell functions, and lines that set variables: they hold for the commands that follow. */
const DEFINITIONS = /^\w+\(\) \{\n(?:.*\n)*?\}$|^(?!KEY=)[A-Z]+=.*$/gm

/**
 * Without what differs from run to run: ids, keys, places in the log, how often a result was corrected, and rows of tracks without a
 * title whose plays were counted under it since.
 */
function comparable(text: string): string {
  const lines = text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>')
    .replace(/"partition":\d+,"offset":\d+/g, '"partition":<n>,"offset":<n>')
    .replace(/^date: .*$/gim, 'date: <date>')
    // The pages' events are of 2024.
    .replace(/20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT[\d:.]+Z/g, '<now>')
    .split('\n')
    .map(line => line.trimEnd().replace(/ +/g, ' '))
    // What commands say on standard error is not compared.
    .filter(line => line !== '' && !/^\d+ of \d+ .+ in \S+$/.test(line))
  let hasRevision = false
  return lines
    .map(line => {
      if (/ revision$/.test(line)) hasRevision = true
      else if (hasRevision && / \d+$/.test(line)) return line.replace(/ \d+$/, ' <revision>')
      else hasRevision = false
      return line
    })
    .filter(line => !/^\S+ \d+ \d+ 0 <revision>$/.test(line))
    .join('\n')
}

/** Where commands run; npm says in INIT_CWD where its user is. */
const placeOf = (cwd: string) => ({ cwd, env: { ...process.env, INIT_CWD: cwd } })

/** The gateway of a page, in a folder of its own and with no domain but that of the page. */
async function startGateway(
  directory: string,
  domain: string,
): Promise<{ readonly url: string; readonly key: string }> {
  const args = ['--disable-warning=ExperimentalWarning', MAIN, 'gateway', '--port', '0']
  args.push('--archive-after', '2s', '--domains', domain)
  const child = spawn(process.execPath, args, { ...placeOf(directory), stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (said += text))
  const started = () => {
    if (child.exitCode !== null) throw new Error(`The gateway has ended:\n${said}`)
    return /Gateway at (http:\S+),[\s\S]*^(mr_\S+)$/m.exec(said)
  }
  await waitUntil(async () => started() !== null, { what: 'the gateway', deadlineMs: 2 * MINUTES, intervalMs: 100 })
  const [, url = '', key = ''] = started()!
  return { url, key }
}

const missing = ['bash', 'curl'].filter(tool => spawnSync(tool, ['--version']).error)

it('each domain has a page', () => {
  expect(pages.sort()).toEqual(allDomains.map(({ name }) => `${name}.md`).sort())
})

it.for(pages)('what %s shows is what its commands print', { timeout: 10 * MINUTES }, async (name, context) => {
  skipWithout(context, missing.length > 0 ? `the PATH has no ${missing.join(', ')}` : null)
  const page = readFileSync(path.join(folder, name), 'utf8')
  const directory = temporaryDirectory('domain-page')
  const { url, key } = await startGateway(directory, path.parse(name).name)
  // `npm run -s millrace -- …` from any folder, and generators find the gateway of this page.
  const prelude = [
    `KEY=${key}`,
    'npm() { while [ "$1" != "--" ]; do shift; done; shift; millrace "$@"; }',
    `millrace() { local more=(); [ "$1" = generate ] && more=(--gateway-url ${url}); ${process.execPath} --disable-warning=ExperimentalWarning ${MAIN} "$@" "\${more[@]}"; }`,
  ]
  const definitions: string[] = []
  const run = (command: string): Promise<string> =>
    new Promise(resolve => {
      const script = [...prelude, ...definitions, command].join('\n').replaceAll('http://127.0.0.1:8080', url)
      execFile('bash', ['-c', script], { ...placeOf(directory), maxBuffer: 1 << 26 }, (_, out) => resolve(out))
    })
  let checked = 0
  for (const { command, output } of stepsOf(page)) {
    if (/millrace -- (gateway|demo)\b/.test(command) || /--help\b/.test(command)) continue
    definitions.push(...(command.match(DEFINITIONS) ?? []))
    if (command.replace(DEFINITIONS, '').replace(/^#.*$/gm, '').trim() === '') continue
    if (!isRead(command) && !isSend(command)) continue
    expect(
      isRead(command) && isSend(command),
      `${name} reads and sends in one block: make two of it:\n${command}`,
    ).toBe(false)
    let printed = await run(command)
    if (output === null) continue
    checked++
    const isThere = async () => {
      if (comparable(printed) === comparable(output)) return true
      if (isRead(command)) printed = await run(command)
      return comparable(printed) === comparable(output)
    }
    if (isRead(command))
      await waitUntil(isThere, { what: 'rows of the mart', deadlineMs: 3 * MINUTES, intervalMs: 500 }).catch(() => {})
    expect(comparable(printed), `${name}:\n${command}`).toBe(comparable(output))
  }
  expect(checked).toBeGreaterThan(2)
})
