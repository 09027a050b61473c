// Entry of every npm script. Runs on any Node >= 20, installs the workspace when it changed, then goes on with the Node that the workspace brings.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled, lockFileOf, markInstalled, nodeOf } from './workspace-install.mjs'

const PNPM = 'pnpm@10.34.9'
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const node = nodeOf(root)
const nodeFlags = ['--disable-warning=ExperimentalWarning']
const vitest = ['node_modules/vitest/vitest.mjs', 'run']

const FORMAT_HINT =
  'The format or the lint rules are not kept: "npm run format" corrects what can be corrected, the rest is above.'

/** Commands of each task by name, some with what to say when they fail. */
const tasks = {
  millrace: args => [[node, [...nodeFlags, path.join(root, 'services/all-in-one/src/cli/main.ts'), ...args]]],
  check: () => [
    [node, ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'], FORMAT_HINT],
    [node, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']],
    // What runs in browsers: other globals, an older language.
    [node, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'packages/click-tracker/tsconfig.json']],
  ],
  test: args => [...(args.length === 0 ? tasks.check() : []), [node, [...nodeFlags, ...vitest, ...args]]],
  biome: args => [[node, ['node_modules/@biomejs/biome/bin/biome', ...args]]],
  'test:cluster': args => [[node, [...nodeFlags, 'charts/test/cluster/main.ts', ...args]]],
  'fit-lol': args => [[node, [...nodeFlags, 'packages/domains/lol/fit/main.ts', ...args]]],
  'judge-lol': args => [[node, [...nodeFlags, 'packages/domains/lol/fit/judge.ts', ...args]]],
  'evaluate-detection': args => [[node, [...nodeFlags, 'packages/evaluation/src/main.ts', ...args]]],
  bench: args => [[node, [...nodeFlags, 'packages/bench/src/main.ts', ...args]]],
  'prove-simulator': args => [[node, [...nodeFlags, 'packages/simulator/planted/main.ts', ...args]]],
  simulate: args => [[node, [...nodeFlags, 'packages/simulator/src/main.ts', ...args]]],
  'new-domain': args => [
    [node, [...nodeFlags, 'scripts/new-domain/new-domain.ts', ...args]],
    // The generated files need the links of the new packages: a run of its own installs them first.
    ['npm', ['run', '--silent', 'generate']],
  ],
  images: args => [[node, [...nodeFlags, 'docker/images.ts', ...args]]],
  generate: args => [
    [node, [...nodeFlags, 'packages/domains/generate.ts']],
    [node, [...nodeFlags, 'packages/click-tracker/scripts/generate.ts', ...args]],
    [node, [...nodeFlags, 'services/all-in-one/scripts/generate.ts', ...args]],
    [node, [...nodeFlags, 'packages/observability/scripts/generate.ts']],
  ],
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** On CI the lock file must fit. Elsewhere it is brought up to date, so that a new package is linked at the first try. */
function install() {
  if (isInstalled(root)) return
  const isCi = process.env.CI === 'true'
  const flags = isCi ? ['--frozen-lockfile'] : ['--no-frozen-lockfile', '--prefer-offline']
  process.stderr.write('Installing the workspace and its Node (packages or dependencies changed; about a minute) ...\n')
  const started = Date.now()
  const lockBefore = lockFileOf(root)
  const result = spawnSync('npx', ['--yes', PNPM, 'install', ...flags], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (result.error) fail(`The install could not start: ${result.error.message}. npm (with npx) must be on the PATH.`)
  const said = `${result.stdout}\n${result.stderr}`
  if (result.status !== 0 || !existsSync(node))
    fail(
      `The install failed (exit ${result.status}):\n${said}\n${
        said.includes('ERR_PNPM_OUTDATED_LOCKFILE')
          ? 'pnpm-lock.yaml does not fit the package.json files: run "npm run check" without CI=true and commit pnpm-lock.yaml.'
          : 'Run it again when the package registry can be reached.'
      }`,
    )
  markInstalled(root)
  const isLockNew = lockFileOf(root) !== lockBefore
  process.stderr.write(
    `Installed in ${Math.round((Date.now() - started) / 1000)} s.${isLockNew ? ' pnpm-lock.yaml was brought up to date: commit it.' : ''}\n`,
  )
}

const [name, ...args] = process.argv.slice(2)
const task = tasks[name]
if (!task) fail(`Unknown task "${name ?? ''}". Known: ${Object.keys(tasks).join(', ')}.`)
if (Number(process.versions.node.split('.')[0]) < 20)
  fail(
    `Node ${process.versions.node} is too old: Node 20 or newer is needed to start (the workspace then brings its own).`,
  )
install()
const env = { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}` }
const cwd = name === 'millrace' ? process.cwd() : root
for (const [command, commandArgs, hint] of task(args)) {
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, commandArgs, { cwd, stdio: 'inherit', env })
    const forward = () => child.kill('SIGTERM')
    const wait = () => {} // a terminal sends SIGINT to the child as well
    process.on('SIGTERM', forward).on('SIGINT', wait)
    child.on('error', reject)
    child.on('exit', (status, signal) => {
      process.off('SIGTERM', forward).off('SIGINT', wait)
      resolve(status ?? 128 + (os.constants.signals[signal] ?? 0))
    })
  })
  if (code !== 0) {
    if (hint !== undefined) process.stderr.write(`${hint}\n`)
    process.exit(code)
  }
}
