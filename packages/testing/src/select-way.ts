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

const INSTALL =
  'Install Docker and start it, or install a JDK 17 and Maven (Debian, Ubuntu: apt install openjdk-17-jdk-headless maven; macOS: brew install openjdk@17 maven).'

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
    const problem = await probe.dockerProblem(
      software.map(name => SERVER_IMAGES[name]),
      options,
    )
    if (problem === null) return { way: 'docker' }
    reasons.push(`Docker: ${problem}.`)
    if (forced === undefined) options.onProgress(`Not in containers: ${problem}. Using Java processes instead.`)
  }
  if (forced !== 'docker') {
    const javas = await probe.findJavas()
    const needs17 = software.includes('cassandra')
    const java = javas.find(({ major }) => (needs17 ? major === 17 : major >= 17))
    if (!java) reasons.push(`Java: ${javaProblem(javas, needs17)}.`)
    const problem = await probe.mavenProblem()
    if (problem !== null) reasons.push(`Maven: ${problem}.`)
    if (java && problem === null) return { way: 'java', java }
  }
  const what = forced === 'docker' ? 'in containers ' : forced === 'java' ? 'as Java processes ' : ''
  const reason = `The real servers cannot be run ${what}here. ${reasons.join(' ')} ${INSTALL}`
  throw stackError('unavailable', { reason })
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
