import net from 'node:net'

export interface Wire {
  send(bytes: Buffer): void
  /** The next `length` bytes of the answer. */
  receive(length: number): Promise<Buffer>
}

/** Opens a connection for one conversation and closes it after; rejects when it is refused, ends early or takes too long. */
export async function exchange<T>(
  { host, port, timeoutMs }: { host: string; port: number; timeoutMs: number },
  talk: (wire: Wire) => Promise<T>,
): Promise<T> {
  const socket = net.connect({ host, port, signal: AbortSignal.timeout(timeoutMs) })
  let received: Buffer = Buffer.alloc(0)
  let wake: () => void = () => {}
  let failure: Error | undefined
  const fail = (error: Error) => {
    failure ??= error
    wake()
  }
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    wake()
  })
  socket.on('error', error =>
    fail(error.name === 'AbortError' ? new Error(`${host}:${port} did not answer within ${timeoutMs} ms`) : error),
  )
  socket.on('close', () => fail(new Error(`${host}:${port} closed the connection`)))
  try {
    return await talk({
      send: bytes => void socket.write(bytes),
      receive: async length => {
        while (received.length < length) {
          if (failure) throw failure
          await new Promise<void>(resolve => {
            wake = resolve
          })
        }
        const part = received.subarray(0, length)
        received = received.subarray(length)
        return part
      },
    })
  } finally {
    socket.destroy()
  }
}
