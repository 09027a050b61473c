import http from 'node:http'

// Bare node:http that answers a body with itself, after as many milliseconds as the argument says; prints its port.
const waitMs = Number(process.argv[2] ?? 0)
const server = http.createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = Buffer.concat(chunks)
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
    }
    if (waitMs > 0) setTimeout(answer, waitMs)
    else answer()
  })
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port))
process.on('disconnect', () => process.exit())
