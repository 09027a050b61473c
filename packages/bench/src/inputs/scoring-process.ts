import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createAnomalyScorerTopology } from '@millrace/anomaly-scorer'
import { lol } from '@millrace/domains/lol/contract'
import { SyntheticMoves } from './synthetic-moves.ts'

const BATCH = 1_000
export const PLAYERS = 5_000
const SELF = fileURLToPath(import.meta.url)

export interface Scored {
  readonly eventsPerSecond: number
  readonly rssBytes: number
}

/** A process with these flags of V8 that scores so many moves of one partition without a log, after as many for warming up as asked. */
export async function scoreElsewhere(
  events: number,
  warmUp: number,
  v8Flags: readonly string[] = [],
): Promise<{ begin(): Promise<Scored> }> {
  const child = fork(SELF, [String(events), String(warmUp)], {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc', ...v8Flags],
  })
  await once(child, 'message')
  return {
    async begin() {
      child.send('begin')
      const [scored] = (await once(child, 'message')) as [Scored]
      child.disconnect()
      await once(child, 'exit')
      return scored
    },
  }
}

async function score(events: number, warmUp: number): Promise<void> {
  const processor = createAnomalyScorerTopology({ publishScores: false }).createProcessor(lol.topics.raw, 0)
  const moves = new SyntheticMoves(PLAYERS)
  await processor.open({ topic: 'lol.raw', partition: 0, epoch: 1, committed: null, earliest: 0, end: 0 })
  for (let done = 0; done < warmUp; done += BATCH) await processor.process(moves.take(BATCH))
  process.send!('ready')
  await once(process, 'message')
  let tookMs = 0
  for (let done = 0; done < events; done += BATCH) {
    const batch = moves.take(BATCH)
    const startMs = performance.now()
    await processor.process(batch)
    tookMs += performance.now() - startMs
  }
  globalThis.gc?.()
  process.send!({ eventsPerSecond: events / (tookMs / 1_000), rssBytes: process.memoryUsage.rss() } satisfies Scored)
}

if (process.argv[1] === SELF) await score(Number(process.argv[2]), Number(process.argv[3]))
