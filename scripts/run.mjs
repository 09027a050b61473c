// Entry of every npm script. Runs on any Node >= 20, installs the workspace when it changed, then goes on with the Node that the workspace brings.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@10.34.9'
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const node = path.join(root, 'node_modules/node/bin/node')
const stamp = path.join(root, 'node_modules/.millrace-installed')
const nodeFlags = ['--disable-warning=ExperimentalWarning']
const vitest = ['node_modules/vitest/vitest.mjs', 'run']

const tasks = {
  millrace: args => [[node, [...nodeFlags, path.join(root, 'services/all-in-one/src/cli/main.ts'), ...args]]],
  check: () => [
    [node, ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']],
    [node, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']],
  ],
  test: args => [...(args.length === 0 ? tasks.check() : []), [node, [...nodeFlags, ...vitest, ...args]]],
  biome: args => [[node, ['node_modules/@biomejs/biome/bin/biome', ...args]]],
  'test:cluster': args => [[node, [...nodeFlags, 'charts/test/cluster/main.ts', ...args]]],
  bench: args => [[node, [...nodeFlags, 'packages/bench/src/main.ts', ...args]]],
  'new-domain': args => [
    [node, [...nodeFlags, 'scripts/new-domain/new-domain.ts', ...args]],
    // The generated files need the links of the new packages: a run of its own installs them first.
    ['npm', ['run', '--silent', 'generate']],
  ],
  images: args => [[node, [...nodeFlags, 'docker/images.ts', ...args]]],
  generate: args => [
    [node, [...nodeFlags, 'packages/domains/generate.ts']],
    [node, [...nodeFlags, 'services/all-in-one/scripts/generate.ts', ...args]],
    [node, [...nodeFlags, 'packages/observability/scripts/generate.ts']],
  ],
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'pnpm-lock.yaml')))
    .digest('hex')
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  process.stderr.write('Installing the workspace and its Node (only when dependencies changed; about a minute) ...\n')
  const started = Date.now()
  const result = spawnSync('npx', ['--yes', PNPM, 'install', '--frozen-lockfile'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (result.error) fail(`The install could not start: ${result.error.message}. npm (with npx) must be on the PATH.`)
  if (result.status !== 0 || !existsSync(node))
    fail(
      `The install failed (exit ${result.status}):\n${result.stdout}\n${result.stderr}\nRun it again when the package registry can be reached.`,
    )
  mkdirSync(path.dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
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
for (const [command, commandArgs] of task(args)) {
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
  if (code !== 0) process.exit(code)
}
