import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { findFreePorts, isPortFree } from './free-ports.ts'

const squatters: net.Server[] = []
afterEach(() => {
  for (const squatter of squatters.splice(0)) squatter.close()
})

async function squat(port: number): Promise<void> {
  const server = net.createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  squatters.push(server)
}

describe('findFreePorts', () => {
  it('gives ports that are free, each only once, outside the range for outgoing connections', async () => {
    const ports = [...(await findFreePorts(20)), ...(await findFreePorts(20))]
    expect(new Set(ports).size).toBe(40)
    for (const port of ports) {
      expect(port).toBeLessThan(32_768)
      expect(await isPortFree(port)).toBe(true)
    }
  })

  it('passes over a port that is taken by another', async () => {
    const [first] = await findFreePorts(1)
    await squat(first! + 1)
    expect(await isPortFree(first! + 1)).toBe(false)
    expect(await findFreePorts(3)).not.toContain(first! + 1)
  })

  it('gives the preferred ports where they are free', async () => {
    const [one, two] = await findFreePorts(2)
    await squat(two!)
    const [first, second, third] = await findFreePorts(3, [one, two, one])
    expect(first).toBe(one)
    expect([one, two]).not.toContain(second)
    expect([one, two]).not.toContain(third)
  })
})
