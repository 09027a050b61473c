import net from 'node:net'

/*
 * Ports below the range that systems hand out for outgoing connections: there a client that keeps dialling a killed
 * server could be given the server's own port as its source, and so connect to itself.
 */
const LOWEST = 15_000
const HIGHEST = 32_000

const handedOut = new Set<number>()

/** Whether a server could listen on 127.0.0.1:`port` now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * Finds ports on 127.0.0.1 that are free now. Never gives the same port twice in one process, and starts to look at a
 * place that depends on the process, so that two processes that look at the same moment find different ones.
 * @param count how many
 * @param preferred ports that are taken first where they are free, in order
 */
export async function findFreePorts(count: number, preferred: readonly (number | undefined)[] = []): Promise<number[]> {
  const found: number[] = []
  const span = HIGHEST - LOWEST
  let next = (process.pid * 37) % span
  for (let index = 0; index < count; index++) {
    const wanted = preferred[index]
    if (wanted !== undefined && !found.includes(wanted) && (await isPortFree(wanted))) {
      found.push(wanted)
      continue
    }
    for (let tries = 0; ; tries++) {
      if (tries > span) throw new Error(`No free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1.`)
      const port = LOWEST + (next++ % span)
      if (handedOut.has(port) || found.includes(port) || preferred.includes(port)) continue
      handedOut.add(port)
      if (await isPortFree(port)) {
        found.push(port)
        break
      }
    }
  }
  return found
}
