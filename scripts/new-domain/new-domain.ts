import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { domainFiles, domainPage, generatorFiles } from './templates.ts'

/* Makes the folder of a domain that passes every test, its generator, and its line in the list of domains. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const MAX_LENGTH = 32
/** Names that would be taken for something else. */
const RESERVED = ['platform', 'failed-events', 'generated', 'test', 'new']

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || name.startsWith('-') || rest.length > 0)
  fail('Usage: npm run new-domain <name>, such as: npm run new-domain parking')
if (!NAME.test(name) || name.length > MAX_LENGTH)
  fail(
    `${JSON.stringify(name.slice(0, 80))} is not a name of a domain: expected at most ${MAX_LENGTH} lower-case letters and digits, words joined by hyphens, beginning with a letter.`,
  )
if (RESERVED.includes(name)) fail(`"${name}" is a name of the platform's own: choose another one.`)

const list = path.join(root, 'packages/domains/index.ts')
const text = readFileSync(list, 'utf8')
const names = /export const domainNames = \[([^\]]*)\] as const/.exec(text)
if (!names) fail(`${list} has no list "export const domainNames = [...] as const": expected it there to add ${name}.`)
const folders = [path.join('packages/domains', name), path.join('services', `${name}-generator`)]
for (const folder of [...folders, `docs/domains/${name}.md`])
  if (existsSync(path.join(root, folder))) fail(`${folder} is there already: remove it, or choose another name.`)
if (names[1]!.includes(`'${name}'`))
  fail(`${name} is in packages/domains/index.ts already: remove it, or choose another name.`)

const page = `docs/domains/${name}.md`
const files = [
  [page, domainPage(name)] as const,
  ...Object.entries(domainFiles(name)).map(([file, content]) => [path.join(folders[0]!, file), content] as const),
  ...Object.entries(generatorFiles(name)).map(([file, content]) => [path.join(folders[1]!, file), content] as const),
]
for (const [file, content] of files) {
  const target = path.join(root, file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, content)
}
const listed = [names[1]!.trim().replace(/,$/, ''), `'${name}'`].filter(part => part !== '').join(', ')
writeFileSync(list, text.replace(names[0], `export const domainNames = [${listed}] as const`))
process.stdout.write(
  `Made ${page} and ${files.length - 1} files in ${folders.join(' and ')}, and added ${name} to packages/domains/index.ts.\n`,
)
