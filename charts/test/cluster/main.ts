import { WaitError } from '@millrace/testing'
import { Command } from 'commander'
import { capture, runProgram, ToolError } from '../../../docker/tools.ts'
import { story } from './story.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Flags {
  readonly namespace: string
  readonly values: readonly string[]
  readonly keep?: true
}

/** @throws ToolError that says what is missing */
async function checkTools(): Promise<void> {
  const version = await capture('helm', ['version', '--template', '{{.Version}}'])
  if (!/^v([4-9]|\d\d)\./.test(version))
    throw new ToolError(`helm ${version} is too old for this test: 4 or newer is needed.`)
  const server = await capture('kubectl', ['get', '--raw', '/version', '--request-timeout', '20s'])
  say(`${await capture('kubectl', ['config', 'current-context'])}: Kubernetes ${JSON.parse(server).gitVersion}`)
}

async function test({ namespace, values, keep }: Flags): Promise<void> {
  await checkTools()
  const { spaces, steps } = story({ namespace, values })
  for (const space of spaces)
    if ((await capture('kubectl', ['get', 'namespace', space.name, '--ignore-not-found', '--output', 'name'])) !== '')
      throw new ToolError(`There is a namespace ${space.name} already. Delete it, or name another with --namespace.`)
  let passed = 0
  let failure: unknown
  for (const { name, run } of steps) {
    const startMs = performance.now()
    process.stdout.write(`  … ${name}${process.stdout.isTTY ? '\r' : '\n'}`)
    try {
      await run()
    } catch (error) {
      failure = error
    }
    say(`  ${failure ? '✗' : '✓'} ${name}  ${Math.round((performance.now() - startMs) / 1000)} s`)
    if (failure) break
    passed++
  }
  if (failure) {
    say(
      failure instanceof ToolError || failure instanceof WaitError ? failure.message : String((failure as Error).stack),
    )
    for (const space of spaces) say(`What there was to see in ${space.name} is in ${await space.diagnose()}`)
    process.exitCode = 1
  }
  if (keep) say(`Kept: the namespaces ${spaces.map(({ name }) => name).join(' and ')}.`)
  else for (const space of spaces) await space.delete()
  say(`${passed} passed, ${failure ? 1 : 0} failed, ${steps.length - passed - (failure ? 1 : 0)} skipped`)
}

const program = new Command('test:cluster')
  .description('install, use, disturb, upgrade and remove the chart on the cluster that KUBECONFIG names')
  .option('--namespace <name>', 'namespace to make, and <name>-external beside it', 'millrace-test')
  .option('--values <file...>', 'values for this cluster, e.g. image.registry', [])
  .option('--keep', 'leave everything there at the end')
  .action(test)

await runProgram(program)
