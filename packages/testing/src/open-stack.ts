import path from 'node:path'
import { endStack, removeData } from './end-stack.ts'
import { checkReady } from './readiness.ts'
import { createServerHandle, inspectServer } from './server-control.ts'
import { addressesOf, addressOf, detoursOf, secureKafkaOf } from './server-plan.ts'
import type { ServerDescription, Stack, StackDescription, StopOptions } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { listPids, logFileOf, readPid, readState, type StackState } from './stack-state.ts'

/** Names of the servers, and of the tools that prepare them, that run in a stack's folder. */
export async function liveServers(directory: string): Promise<string[]> {
  const names = listPids(directory)
  const facts = await Promise.all(names.map(name => inspectServer(directory, name)))
  return names.filter((_, index) => facts[index]!.state !== 'gone')
}

/** Attaches to a stack that runs, whoever started it; null where none of its servers is there. */
export async function openStack(directory: string): Promise<Stack | null> {
  const folder = path.resolve(directory)
  const state = readState(folder)
  return state && (await liveServers(folder)).length > 0 ? attach(folder, state) : null
}

/** Ends a stack by its folder; resolves to the names of what was ended, none where nothing ran. */
export async function stopStack(directory: string, options: StopOptions = {}): Promise<string[]> {
  const folder = path.resolve(directory)
  const running = await liveServers(folder)
  await endStack(folder, options.graceMs)
  if (options.removeData) await removeData(folder)
  return running
}

/** What is known of a stack now, also of one whose servers are gone; null where the folder holds none. */
export async function describeStack(directory: string): Promise<StackDescription | null> {
  const folder = path.resolve(directory)
  const state = readState(folder)
  if (!state) return null
  const servers = await Promise.all(
    state.servers.map(async (server): Promise<ServerDescription> => {
      const { state: processState, pid, rssBytes } = await inspectServer(folder, server.name)
      const ready =
        processState === 'running' &&
        (await checkReady(server, state.servers).then(
          () => true,
          () => false,
        ))
      return {
        ...{ name: server.name, state: processState, ready, pid, rssBytes },
        ...{ address: addressOf(server), log: logOf(folder, server.name) },
      }
    }),
  )
  return {
    directory: folder,
    way: state.way,
    startedAt: state.startedAt,
    addresses: addressesOf(state.servers),
    servers,
  }
}

/** Where a server's log is; a container that is there has it, and leaves it in the folder when it is removed. */
function logOf(directory: string, name: string): string {
  const thing = readPid(directory, name)
  return thing && 'container' in thing ? `docker logs ${thing.container}` : logFileOf(directory, name)
}

/** The handles of a stack whose state is known. */
export function attach(directory: string, state: StackState): Stack {
  const servers = state.servers.map(server => createServerHandle(directory, server, state.servers))
  return {
    directory,
    way: state.way,
    detached: state.detached,
    addresses: addressesOf(state.servers),
    kafkaDetours: detoursOf(state.servers),
    kafkaSecure: secureKafkaOf(state.servers),
    servers,
    server(name) {
      const known = servers.map(server => server.name).join(', ')
      const found = servers.find(server => server.name === name)
      if (!found) throw stackError('unknown_server', { name, known })
      return found
    },
    async stop(options) {
      await stopStack(directory, options)
    },
  }
}
