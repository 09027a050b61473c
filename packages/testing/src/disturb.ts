import type { TopologyDriver } from './topology-driver.ts'

/** `crash`: kill -9 and a new start; `stop`: a clean stop and a new start; `rebalance`: partitions are taken away and given back. */
export type Disturbance = 'crash' | 'stop' | 'rebalance'

/** Disturbs the process of a driver; it runs again afterwards. */
export async function disturb(driver: TopologyDriver, disturbance: Disturbance): Promise<void> {
  if (disturbance === 'rebalance') return driver.rebalance()
  if (disturbance === 'crash') await driver.crash()
  await driver.restart()
}
