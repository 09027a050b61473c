import { describe, expect, it } from 'vitest'
import { type Component, createLifecycle, createLogger, ManualClock } from '../src/index.ts'

const logger = createLogger('test', { level: 'silent' })

function recorder() {
  const events: string[] = []
  const component = (name: string, overrides: Partial<Component> = {}): Component => ({
    name,
    start: async () => void events.push(`start ${name}`),
    stop: async () => void events.push(`stop ${name}`),
    ...overrides,
  })
  return { events, component }
}

describe('a lifecycle', () => {
  it('starts in order and stops in reverse, after readiness flipped and the drain delay passed', async () => {
    const { events, component } = recorder()
    const clock = new ManualClock()
    const lifecycle = createLifecycle({
      components: [component('log'), component('runner')],
      logger,
      clock,
      drainDelayMs: 5000,
      onStopping: () => events.push('not ready'),
    })
    await lifecycle.start()
    const stopped = lifecycle.stop()
    await clock.advance(4999)
    expect(events).toEqual(['start log', 'start runner', 'not ready'])
    await clock.advance(1)
    expect(await stopped).toEqual([])
    expect(events).toEqual(['start log', 'start runner', 'not ready', 'stop runner', 'stop log'])
  })

  it('rolls a partial start back and throws what went wrong', async () => {
    const { events, component } = recorder()
    const broken = component('mart', { start: () => Promise.reject(new Error('no such host')) })
    const lifecycle = createLifecycle({
      components: [component('log'), broken, component('runner')],
      logger,
      clock: new ManualClock(),
    })
    await expect(lifecycle.start()).rejects.toThrow('no such host')
    expect(events).toEqual(['start log', 'stop log'])
    expect(lifecycle.state).toBe('stopped')
  })

  it('says what was open when the deadline passed', async () => {
    const { component } = recorder()
    const clock = new ManualClock()
    const stuck = component('runner', { stop: () => new Promise<void>(() => {}) })
    const lifecycle = createLifecycle({ components: [component('log'), stuck], logger, clock, stopDeadlineMs: 1000 })
    await lifecycle.start()
    const stopped = lifecycle.stop()
    await clock.advance(1000)
    expect(await stopped).toEqual(['log', 'runner'])
  })

  it('stops the others when one fails to stop', async () => {
    const { events, component } = recorder()
    const bad = component('runner', { stop: () => Promise.reject(new Error('no')) })
    const lifecycle = createLifecycle({ components: [component('log'), bad], logger, clock: new ManualClock() })
    await lifecycle.start()
    expect(await lifecycle.stop()).toEqual([])
    expect(events).toEqual(['start log', 'start runner', 'stop log'])
  })

  it('starts nothing more once it is to stop', async () => {
    const { events, component } = recorder()
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>()
    const slow = component('log', { start: () => reached })
    const lifecycle = createLifecycle({
      components: [slow, component('runner')],
      logger,
      clock: new ManualClock(),
    })
    const starting = lifecycle.start()
    const stopping = lifecycle.stop()
    reach()
    await Promise.all([starting, stopping])
    expect(events).toEqual(['stop log'])
    expect(lifecycle.state).toBe('stopped')
  })

  it('stops each once, also where a start fails meanwhile', async () => {
    const { events, component } = recorder()
    const { promise: failed, reject: fail } = Promise.withResolvers<void>()
    const lifecycle = createLifecycle({
      components: [component('log'), component('runner', { start: () => failed })],
      logger,
      clock: new ManualClock(),
    })
    const starting = lifecycle.start()
    await new Promise(setImmediate)
    const stopping = lifecycle.stop()
    fail(new Error('no'))
    await expect(starting).rejects.toThrow('no')
    expect(await stopping).toEqual([])
    expect(events).toEqual(['start log', 'stop log'])
  })

  it('stops once, whoever asks', async () => {
    const { events, component } = recorder()
    const lifecycle = createLifecycle({ components: [component('log')], logger, clock: new ManualClock() })
    await lifecycle.start()
    await Promise.all([lifecycle.stop(), lifecycle.stop()])
    expect(events).toEqual(['start log', 'stop log'])
    await expect(lifecycle.start()).rejects.toThrow('this one is stopped')
  })
})
