import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { createCatalog } from '@millrace/contracts'
import { allDomains } from '@millrace/domains/contracts'
import { skipWithout, temporaryDirectory } from '@millrace/testing/vitest'
import { expect, it } from 'vitest'
import { foreignShapes } from '../src/shapes/index.ts'
import { aKey, keyText, startGateway } from './gateway-kit.ts'
import { orchard } from './orchard.ts'
import { documentOf } from './read-document.ts'

const run = promisify(execFile)
const missing = ['bash', 'curl', 'gzip'].filter(tool => spawnSync(tool, ['--version']).error)

it.for([...allDomains, orchard].map(domain => [domain.name, domain] as const))(
  'the first steps of the API page work as they are printed: %s',
  async ([, domain], context) => {
    const reason = missing.length > 0 ? `the PATH has no ${missing.join(', ')}` : null
    skipWithout(context, reason)
    const catalog = createCatalog([domain])
    const commands = [...documentOf(catalog).info.description.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(
      ([, text]) => text!,
    )
    expect(commands).toHaveLength(5 + foreignShapes.length)
    const [topic] = catalog.routes.values()
    const { url, log } = await startGateway({ domain, keys: [aKey('test', { topics: [topic!.name] })] })
    const cwd = temporaryDirectory('commands')
    const env = { ...process.env, KEY: keyText('test'), URL: url }
    const answers: string[] = []
    for (const command of commands)
      answers.push((await run('bash', ['-euo', 'pipefail', '-c', command], { cwd, env })).stdout)
    const statuses = answers.map(answer => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
    expect(statuses).toEqual(['200', '200', '207', '200', '200', ...foreignShapes.map(() => '200')])
    expect(answers[3]).toContain('"results":[]')
    expect(log.of(topic!.name)).toHaveLength(1 + 2 + 1 + 2 + 2 + foreignShapes.length)
  },
)
