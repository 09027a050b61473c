import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const LEAST_JAVA = 17
/** Until what the virtual machine of a peer has compiled is about as fast as it gets. */
export const PEER_WARM_UP_ROUNDS = 3

interface Tool {
  readonly command: string
  readonly arguments: readonly string[]
  /** What is wrong with what it printed, or null. */
  readonly judge?: (output: string) => string | null
}

/** The feature release that a JDK's tool names: 17 for "javac 17.0.15". */
const majorOf = (output: string): number => Number(/(?:^|\s)"?(?:1\.)?(\d+)/.exec(output)?.[1] ?? 0)

const JDK: Tool = {
  command: 'javac',
  arguments: ['-version'],
  judge: output => (majorOf(output) >= LEAST_JAVA ? null : `a JDK ${LEAST_JAVA} is needed, found ${output.trim()}`),
}
const MAVEN: Tool = { command: 'mvn', arguments: ['--version'] }
const PYTHON: Tool = {
  command: 'python3',
  arguments: ['-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))'],
}
/** What Flink's packages are published for. */
const PYTHON_OF_FLINK: Tool = {
  command: 'python3',
  arguments: ['-c', 'import platform; print(platform.python_version())'],
  judge: output =>
    /^3\.(10|11|12)\./.test(output) ? null : `Python 3.10, 3.11 or 3.12 is needed, found ${output.trim()}`,
}

async function problemOf({ command, arguments: given, judge }: Tool): Promise<string | null> {
  try {
    const { stdout, stderr } = await run(command, [...given], { timeout: 60_000 })
    return judge?.(stdout + stderr) ?? null
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return `\`${command}\` was not found on the PATH`
    return command === 'python3' ? 'Python 3.10 with the module venv is needed' : message.split('\n')[0]!
  }
}

async function firstProblem(tools: readonly Tool[]): Promise<string | null> {
  for (const tool of tools) {
    const problem = await problemOf(tool)
    if (problem !== null) return problem
  }
  return null
}

/** Why a peer in Java cannot be built here, or null. */
export const javaPeerProblem = (): Promise<string | null> => firstProblem([JDK, MAVEN])

/** Why Spark cannot be run here, or null. */
export const sparkProblem = (): Promise<string | null> => firstProblem([JDK, MAVEN, PYTHON])

/** Why Flink cannot be run here, or null. */
export const flinkProblem = (): Promise<string | null> => firstProblem([JDK, MAVEN, PYTHON, PYTHON_OF_FLINK])
