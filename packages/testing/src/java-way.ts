import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { makeDirectorySync } from '@millrace/runtime'
import { resolveClassPaths } from './class-path.ts'
import { cassandraLaunch, hadoopLaunch, kafkaLaunch, type LaunchPlace, type ServerLaunch } from './java-launch.ts'
import { runTool, spawnServer } from './java-process.ts'
import { type ServerPlan, SOFTWARE_OF } from './server-plan.ts'
import { logFileOf, type ServerRecord } from './stack-state.ts'

const FORMAT_DEADLINE_MS = 120_000

/** Only the first, quick compiler: half the work until a server is ready, slower code after. */
const QUICK = '-XX:TieredStopAtLevel=1'
const TOOL_ARGUMENTS = ['-Xmx192m', '-XX:+UseSerialGC', QUICK]
const SERVER_ARGUMENTS = ['-Djava.net.preferIPv4Stack=true', '-Djava.awt.headless=true', '-XX:+ExitOnOutOfMemoryError']

export interface JavaContext {
  readonly directory: string
  /** Path or name of the `java` to run. */
  readonly java: string
  readonly quickStart: boolean
  readonly plans: readonly ServerPlan[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

/** A server that is configured and can be started. */
export type PreparedServer = ServerRecord & { begin(): Promise<void> }

/** Writes the configuration of every server and says how each is started. */
export async function prepareJavaServers(context: JavaContext): Promise<PreparedServer[]> {
  const { directory, java, quickStart, plans, signal } = context
  const software = [...new Set(plans.map(plan => SOFTWARE_OF[plan.kind]))]
  const classPaths = await resolveClassPaths(software, context)
  return plans.map(plan => {
    const place: LaunchPlace = {
      plans,
      classPath: classPaths.get(SOFTWARE_OF[plan.kind])!,
      configuration: path.join(directory, 'conf', plan.name),
      dataDirectory: path.join(directory, 'data', plan.name),
      logFile: logFileOf(directory, plan.name),
    }
    for (const folder of [place.dataDirectory, path.dirname(place.logFile)]) makeDirectorySync(folder)
    const server = launchOf(plan, place)
    const launch = {
      command: java,
      arguments: [...SERVER_ARGUMENTS, ...(quickStart ? [QUICK] : []), ...server.arguments],
    }
    const begin = async () => {
      const { format } = server
      if (format && !existsSync(format.madeFile)) {
        // What a formatting that was cut short left behind would make the next one refuse.
        rmSync(place.dataDirectory, { recursive: true, force: true })
        mkdirSync(place.dataDirectory)
        const tool = { command: java, arguments: [...TOOL_ARGUMENTS, ...format.arguments] }
        await runTool(directory, `${plan.name}-format`, { launch: tool, deadlineMs: FORMAT_DEADLINE_MS, signal })
      }
      signal.throwIfAborted()
      await spawnServer(directory, plan.name, launch)
    }
    return { ...plan, launch, begin }
  })
}

function launchOf(plan: ServerPlan, place: LaunchPlace): ServerLaunch {
  if (plan.kind === 'kafka') return kafkaLaunch(plan, place)
  return plan.kind === 'cassandra' ? cassandraLaunch(plan, place) : hadoopLaunch(plan, plan.kind, place)
}
