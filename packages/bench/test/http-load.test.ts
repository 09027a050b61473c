import { once } from 'node:events'
import http from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { HttpLoad } from '../src/inputs/http-load.ts'

async function serve(answer: (body: string, response: http.ServerResponse) => void): Promise<number> {
  const server = http.createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer(body, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

const requests = ['a', 'b', 'c'].map(body => ({ path: '/x', headers: { name: 'value' }, body: Buffer.from(body) }))

it('sends every request in turn, over all connections, and takes answers in pieces', async () => {
  const seen: string[] = []
  const port = await serve((body, response) => {
    seen.push(body)
    response.writeHead(200, { 'content-length': 4 })
    response.write('ok')
    setImmediate(() => response.end('ok'))
  })
  const load = new HttpLoad([port], requests, 2)
  expect(await load.rate(7)).toBeGreaterThan(0)
  expect(seen.sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'c', 'c'])
  expect(await load.latencies(1_000, 0.01)).toHaveLength(10)
})

it('rejects with what came when it is not 200', async () => {
  const port = await serve((_body, response) => {
    response.writeHead(503, { 'content-length': 4 }).end('full')
  })
  await expect(new HttpLoad([port], requests, 1).rate(1)).rejects.toThrow(/503 [\s\S]*full/)
})

it('rejects when the server closes the connection', async () => {
  const port = await serve((_body, response) => void response.socket!.destroy())
  await expect(new HttpLoad([port], requests, 1).rate(1)).rejects.toThrow('closed the connection')
})
