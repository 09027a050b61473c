import { findJavas, type JavaFound, mavenProblem } from './java-tools.ts'
import type { StackWay } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { SERVER_IMAGES, SERVER_VERSIONS, type Software } from './versions.ts'

/** What is asked of the machine to choose how servers run. */
export interface WayProbe {
  /** Null where a Docker engine answers and has, or can pull, all the images; else why not. */
  dockerProblem(images: readonly string[], watch: Watch): Promise<string | null>
  findJavas(): Promise<readonly JavaFound[]>
  mavenProblem(): Promise<string | null>
}

interface Watch {
  readonly onProgress: (line: string) => void
  readonly signal: AbortSignal
}

export type SelectedWay = { readonly way: 'docker' } | { readonly way: 'java'; readonly java: JavaFound }

const INSTALL_DOCKER = 'Install Docker and start it'
const INSTALL_JAVA =
  'install a JDK 17 and Maven (Debian, Ubuntu: apt install openjdk-17-jdk-headless maven; macOS: brew install openjdk@17 maven)'

/** What cannot be done, and what would help, by the way that is asked for. */
const UNAVAILABLE: Record<StackWay | 'any', { readonly what: string; readonly help: string }> = {
  any: { what: 'The real servers cannot be run here.', help: `${INSTALL_DOCKER}, or ${INSTALL_JAVA}.` },
  docker: {
    what: 'The real servers cannot be run in containers here, as was asked for.',
    help: `${INSTALL_DOCKER}, or ask for Java processes.`,
  },
  java: {
    what: 'The real servers cannot be run as Java processes here, as was asked for.',
    help: `Ask for containers, or ${INSTALL_JAVA}.`,
  },
}

/**
 * Chooses Docker where it can be used, else Java; only `forced` is looked at where it is given.
 * @throws StackError `unavailable` that says of each part what is missing and what to install
 */
export async function selectWay(
  software: readonly Software[],
  options: Watch & { readonly probe?: WayProbe; readonly forced?: StackWay | undefined },
): Promise<SelectedWay> {
  const { probe = systemProbe, forced } = options
  const reasons: string[] = []
  if (forced !== 'java') {
    const images = software.map(name => SERVER_IMAGES[name])
    const problem = await probe.dockerProblem(images, options)
    if (problem === null) return { way: 'docker' }
    reasons.push(`Docker: ${problem}.`)
  }
  if (forced !== 'docker') {
    const javas = await probe.findJavas()
    const needs17 = software.includes('cassandra')
    const java = javas.find(({ major }) => (needs17 ? major === 17 : major >= 17))
    if (!java) reasons.push(`Java: ${javaProblem(javas, needs17)}.`)
    const problem = await probe.mavenProblem()
    if (problem !== null) reasons.push(`Maven: ${problem}.`)
    if (java && problem === null) {
      if (reasons.length > 0) options.onProgress(`${reasons.join(' ')} Using Java processes instead of containers.`)
      return { way: 'java', java }
    }
  }
  const { what, help } = UNAVAILABLE[forced ?? 'any']
  throw stackError('unavailable', { reason: `${what} ${reasons.join(' ')} ${help}` })
}

function javaProblem(javas: readonly JavaFound[], needs17: boolean): string {
  if (javas.length === 0) return '`java` was not found (neither by JAVA_HOME nor on the PATH)'
  const found = javas.map(({ command, major }) => `${major} (${command})`).join(', ')
  return needs17
    ? `found ${found}, but Cassandra ${SERVER_VERSIONS.cassandra} runs on Java 17 only; set JAVA_HOME to a JDK 17`
    : `found ${found}, but Kafka ${SERVER_VERSIONS.kafka} and Hadoop ${SERVER_VERSIONS.hadoop} need Java 17 or newer; set JAVA_HOME to one`
}

const systemProbe: WayProbe = {
  dockerProblem: async (images, watch) => (await import('./docker-engine.ts')).dockerProblem(images, watch),
  findJavas: () => findJavas(process.env),
  mavenProblem,
}
