import { describe, expect, it } from 'vitest'
import type { ProvidedStack } from './provided-stack.ts'
import type { ServerDescription, Stack, StackOptions } from './stack.ts'
import { stackError } from './stack-errors.ts'
import { setUpStack } from './vitest-stack.ts'

const addresses = { kafka: { brokers: ['127.0.0.1:1'] }, hdfs: null, cassandra: null }

/** A machine whose folders hold the given stacks; what is started, restarted and stopped is written down. */
function machine({ running = {}, start }: { running?: Record<string, 'kept' | 'of a run'>; start?: Error } = {}) {
  const did: string[] = []
  const provided: ProvidedStack[] = []
  const nameOf = (directory: string) => directory.split('/').at(-1)!.replace(String(process.pid), 'PID')
  const stackIn = (directory: string, detached: boolean): Stack => ({
    ...{
      directory,
      detached,
      way: 'java',
      addresses,
      kafkaDetours: [],
      kafkaSecure: { brokers: [], username: '', password: '', authorityFile: '' },
      servers: [],
    },
    server: name => ({
      ...{ name, kill: async () => {}, freeze: async () => {}, thaw: async () => {} },
      restart: async () => void did.push(`restart ${name}`),
    }),
    stop: async options => void did.push(`stop ${nameOf(directory)}${options?.removeData ? ' and its data' : ''}`),
  })
  const server = (name: string, state: ServerDescription['state']) =>
    ({ name, state, ready: state === 'running' }) as ServerDescription
  const asked = (way: StackOptions['way']) => (way ? ` via ${way}` : '')
  const run = (options: { way?: 'docker' | 'java'; keep?: boolean; mustRun?: boolean } = {}) =>
    setUpStack(
      { provide: (_, value) => void provided.push(value) },
      {
        ...{ keep: false, mustRun: false, say: () => {} },
        ...options,
        open: async directory => {
          const found = running[nameOf(directory)]
          return found ? stackIn(directory, found === 'kept') : null
        },
        describe: async directory => ({
          ...{ directory, way: 'java', startedAt: '', addresses },
          servers: [server('kafka1', 'running'), server('kafka2', 'gone'), server('namenode', 'frozen')],
        }),
        start: async (options: StackOptions) => {
          if (start) throw start
          if (running[nameOf(options.directory)]) throw stackError('already_running', { directory: '', servers: '' })
          did.push(`start ${nameOf(options.directory)}${options.detached ? ' detached' : ''}${asked(options.way)}`)
          return stackIn(options.directory, options.detached === true)
        },
      },
    )
  return { run, did, provided }
}

describe('setUpStack', () => {
  it('starts a stack, provides it and stops it after', async () => {
    const { run, did, provided } = machine()
    const tearDown = await run()
    expect(provided).toEqual([
      { ...addresses, directory: expect.stringMatching(/\.millrace\/test-stack$/), way: 'java' },
    ])
    await tearDown()
    expect(did).toEqual(['start test-stack', 'stop test-stack and its data'])
  })

  it('leaves a stack running that is to be kept', async () => {
    const { run, did } = machine()
    await (await run({ keep: true }))()
    expect(did).toEqual(['start test-stack detached'])
  })

  it('starts it the way that is asked for', async () => {
    const { run, did } = machine()
    await run({ way: 'docker' })
    expect(did).toEqual(['start test-stack via docker'])
  })

  it('uses a kept stack, starts again what is broken in it, and leaves it running', async () => {
    const { run, did, provided } = machine({ running: { 'test-stack': 'kept' } })
    await (await run())()
    expect(did).toEqual(['restart kafka2', 'restart namenode'])
    expect(provided).toHaveLength(1)
  })

  it('keeps away from the stack of another run', async () => {
    const { run, did, provided } = machine({ running: { 'test-stack': 'of a run' } })
    await (await run())()
    expect(did).toEqual(['start test-stack-PID', 'stop test-stack-PID and its data'])
    expect(provided).toMatchObject([{ directory: expect.stringMatching(/test-stack-\d+$/) }])
  })

  it('provides the reason where servers cannot be run, and fails with it where they must', async () => {
    const { run, provided } = machine({ start: stackError('unavailable', { reason: 'no Java here' }) })
    await (await run())()
    expect(provided).toEqual([{ unavailable: 'no Java here' }])
    await expect(run({ mustRun: true })).rejects.toThrow('With CI=true the real servers must be there. no Java here')
  })

  it('does not take a failed start for a machine that cannot', async () => {
    const { run, provided } = machine({ start: stackError('died', { name: 'kafka1', log: '', tail: '' }) })
    await expect(run()).rejects.toMatchObject({ code: 'died' })
    expect(provided).toEqual([])
  })
})
