import { systemClock } from '@millrace/runtime'
import { Random } from '@millrace/simulation'
import { Loop } from '../src/loop.ts'
import { MemoryDisk } from '../src/memory-disk.ts'
import { Network } from '../src/network.ts'
import { ServiceProcess } from '../src/service-process.ts'
import { Trace } from '../src/trace.ts'

/** A loop whose virtual time is that of this machine, with one process, for tests that wait for real. */
export function inRealTime(seed: string) {
  const loop = new Loop(systemClock.now(), new Random('order', seed), new Trace())
  const network = new Network(loop, new Random('network', seed), () => {})
  const process = new ServiceProcess({ name: 'test', incarnation: 1, loop, disk: new MemoryDisk(), seed })
  let isOver = false
  const running = (async () => {
    while (!isOver) {
      await loop.run(systemClock.now())
      await systemClock.sleep(1)
    }
  })()
  return {
    loop,
    network,
    process,
    async end(): Promise<void> {
      isOver = true
      await running
    },
  }
}
