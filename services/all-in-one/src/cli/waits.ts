import { createLogger, createWaitTeller, type Logger, type WaitTeller } from '@millrace/runtime'
import type { Platform } from '../platform.ts'
import type { CommandContext } from './context.ts'
import { readable } from './terminal-logger.ts'

/** What a command says about what it waits for. */
export interface Waits extends WaitTeller {
  /** For the stores that are waited for: a warning is the reason of a wait, and an error is a line. */
  readonly logger: Logger
  /** The same store; what it does not answer for a few seconds is told. */
  watch<Store extends object>(where: string, store: Store): Store
}

export function createWaits({ terminal, clock, signal }: Pick<CommandContext, 'terminal' | 'clock' | 'signal'>): Waits {
  let warned: string | null = null
  const write = (line: string): void => {
    const { level, event, reason } = JSON.parse(line) as Readonly<Record<string, string>>
    if (level === 'warn') warned = reason ?? event ?? null
    else terminal.say(readable(line))
  }
  const teller = createWaitTeller({ clock, signal, say: line => terminal.say(line) })
  const during: Waits['during'] = (what, work, reason = () => warned) => teller.during(what, work, reason)

  async function* watched<T>(where: string, all: AsyncIterable<T>): AsyncGenerator<T> {
    const parts = all[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await during(where, parts.next())
        if (next.done) return
        yield next.value
      }
    } finally {
      await parts.return?.()
    }
  }

  return {
    during,
    logger: createLogger('millrace', { level: 'warn', destination: { write } }),
    watch: (where, store) =>
      new Proxy(store, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (typeof member !== 'function' || name === 'close') return member
          return (...args: unknown[]): unknown => {
            const answer: unknown = member.apply(target, args)
            if (answer instanceof Promise) return during(where, answer)
            const isMany = typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer
            return isMany ? watched(where, answer as AsyncIterable<unknown>) : answer
          }
        },
      }),
  }
}

/** A platform of which each store is watched. */
export const watchPlatform = (platform: Platform, waits: Waits): Platform => ({
  ...platform,
  log: waits.watch(platform.locations.log, platform.log),
  lake: waits.watch(platform.locations.lake, platform.lake),
  mart: waits.watch(platform.locations.mart, platform.mart),
})
