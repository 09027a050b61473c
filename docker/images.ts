import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { parse } from 'yaml'
import { bundleService } from './bundle.ts'
import { describeService, imageServices, root, serviceFolder } from './services.ts'
import { capture, run, runProgram } from './tools.ts'

const services = imageServices()
const dockerfile = path.join(root, 'docker/Dockerfile')
const thirdParty = path.join(root, 'charts/millrace/images.yaml')
const DEFAULT_BASE = /^ARG BASE=(.+)$/m.exec(readFileSync(dockerfile, 'utf8'))![1]!

interface BuildFlags {
  readonly base: string
  readonly tag: string
  readonly push?: string
  readonly loadKind?: string
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

function serviceName(value: string, previous: readonly string[] = []): readonly string[] {
  if (services.includes(value)) return [...previous, value]
  throw new InvalidArgumentError(`There is no service ${value}. Known: ${services.join(', ')}.`)
}

/** A registry and a path in it, without scheme and without slash at the end. */
function registryName(value: string): string {
  if (/^[a-z0-9][a-z0-9.-]*(:\d+)?(\/[a-z0-9._/-]*[a-z0-9])?$/.test(value)) return value
  throw new InvalidArgumentError(`Expected a registry such as registry.example.com/team, got ${value}.`)
}

async function buildImage(service: string, { base, tag }: BuildFlags): Promise<string> {
  const image = `millrace/${service}:${tag}`
  const context = path.join(root, '.millrace/images', service)
  await bundleService(serviceFolder(service), context)
  const { version, description } = describeService(service)
  const labels = {
    title: `millrace/${service}`,
    description,
    version,
    licenses: 'Apache-2.0',
    'base.name': base,
    ...(await commitLabels()),
  }
  const labelFlags = Object.entries(labels).flatMap(([name, value]) => [
    '--label',
    `org.opencontainers.image.${name}=${value}`,
  ])
  await run('docker', [
    'build',
    '--quiet',
    '--file',
    dockerfile,
    '--build-arg',
    `BASE=${base}`,
    ...labelFlags,
    '--tag',
    image,
    context,
  ])
  const bytes = Number(await capture('docker', ['image', 'inspect', '--format', '{{.Size}}', image]))
  say(`${image}  ${Math.round(bytes / 1e6)} MB`)
  return image
}

/** The commit that is checked out, as labels; none where there is no git. */
async function commitLabels(): Promise<Record<string, string>> {
  if (!existsSync(path.join(root, '.git'))) return {}
  const commit = await capture('git', ['-C', root, 'log', '-1', '--format=%H %cI']).catch(() => null)
  const [revision, created] = commit?.split(' ') ?? []
  return revision && created ? { revision, created } : {}
}

async function buildAll(names: readonly string[], flags: BuildFlags): Promise<void> {
  for (const service of names.length > 0 ? names : services) {
    const image = await buildImage(service, flags)
    if (flags.loadKind !== undefined) await run('kind', ['load', 'docker-image', image, '--name', flags.loadKind])
    if (flags.push !== undefined) await pushAs(image, `${flags.push}/${image}`)
  }
}

async function pushAs(image: string, target: string): Promise<void> {
  await run('docker', ['tag', image, target])
  await run('docker', ['push', '--quiet', target])
  say(`pushed ${target}`)
}

async function mirror(registry: string): Promise<void> {
  for (const image of Object.values(parse(readFileSync(thirdParty, 'utf8')) as Record<string, string>)) {
    await run('docker', ['pull', '--quiet', image])
    await pushAs(image, `${registry}/${image}`)
  }
}

const program = new Command('images').description(
  'build the images of the services, or copy those of others to your registry',
)
const build = program
  .command('build', { isDefault: true })
  .description('build one image per service, from docker/Dockerfile')
  .argument('[service...]', 'services to build; all unless given', serviceName)
  .option('--base <image>', 'image that has Node 24 or newer', DEFAULT_BASE)
  .option('--tag <tag>', 'tag of the images', describeService('ingest-gateway').version)
  .option('--push <registry>', 'push them to this registry too', registryName)
  .option('--load-kind <name>', 'load them into this kind cluster too')
  .action((names: readonly string[] | undefined, flags: BuildFlags) => buildAll(names ?? [], flags))
// Who asks for help without a command wants to see the options of the one that runs then.
program.addHelpText('after', () => `\nWithout a command:\n\n${build.helpInformation()}`)
program
  .command('mirror')
  .description('pull every third-party image of the chart and push it to your registry')
  .argument('<registry>', 'registry and path, as the chart gets it in image.registry', registryName)
  .action(mirror)

await runProgram(program)
