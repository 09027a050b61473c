import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { fetchKafkaMetadata } from './kafka-metadata.ts'

const servers: net.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A broker that answers every request with the same bytes, cut into two writes. */
async function brokerThatAnswers(answer: Buffer | null, { thenEnds = false } = {}) {
  const requests: Buffer[] = []
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      requests.push(chunk)
      if (!answer) return
      socket.write(answer.subarray(0, 9))
      setImmediate(() => (thenEnds ? socket.end(answer.subarray(9)) : socket.write(answer.subarray(9))))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return { port: (server.address() as AddressInfo).port, requests }
}

const int = (bytes: number, ...values: number[]) => {
  const buffer = Buffer.alloc(bytes * values.length)
  for (const [index, value] of values.entries()) buffer.writeIntBE(value, index * bytes, bytes)
  return buffer
}
const text = (value: string) => Buffer.concat([int(2, value.length), Buffer.from(value)])

describe('fetchKafkaMetadata', () => {
  it('asks for every topic and reads brokers, leaders and replicas in sync', async () => {
    const body = Buffer.concat([
      ...[int(4, 1), int(4, 2)], // correlation id, two brokers
      ...[int(4, 1), text('127.0.0.1'), int(4, 9092), int(2, -1)], // without a rack
      ...[int(4, 3), text('127.0.0.1'), int(4, 9094), text('rack')],
      int(4, 1), // controller
      ...[int(4, 1), int(2, 0), text('lol.raw'), Buffer.from([0]), int(4, 1)], // one topic of one partition
      ...[int(2, 0), int(4, 5, 3), int(4, 3, 1, 2, 3), int(4, 2, 1, 3)],
    ])
    const { port, requests } = await brokerThatAnswers(Buffer.concat([int(4, body.length), body]))
    expect(await fetchKafkaMetadata('127.0.0.1', port, 5000)).toEqual({
      brokers: [1, 3],
      partitions: [{ topic: 'lol.raw', partition: 5, leader: 3, replicas: [1, 2, 3], inSync: [1, 3] }],
    })
    const request = Buffer.concat(requests)
    expect([request.readInt32BE(0), request.readInt16BE(4), request.readInt16BE(6)]).toEqual([request.length - 4, 3, 1])
    expect(request.readInt32BE(request.length - 4)).toBe(-1)
  })

  it('gives up on a broker that takes the request and is silent', async () => {
    const { port } = await brokerThatAnswers(null)
    await expect(fetchKafkaMetadata('127.0.0.1', port, 200)).rejects.toThrow(`127.0.0.1:${port} did not answer within`)
  })

  it('rejects when the connection ends in the middle of the answer', async () => {
    const { port } = await brokerThatAnswers(Buffer.concat([int(4, 400), Buffer.alloc(10)]), { thenEnds: true })
    const asked = fetchKafkaMetadata('127.0.0.1', port, 20_000)
    await expect(asked).rejects.toThrow('closed the connection')
  })
})
