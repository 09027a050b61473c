import { reconcile } from '../src/index.ts'
import { conservingShop, topics } from './shop.ts'
import { openTrafficWorld } from './traffic-world.ts'

const other = { ...topics.curated, keyField: null, keyOf: () => 'x' }
const catalog = {
  ...conservingShop,
  derivedOf: (n: string) => conservingShop.derivedOf(n).map(t => (t === topics.curated ? other : t)),
}
await using world = await openTrafficWorld(conservingShop)
for (let p = 0; p < 20; p++) for (let k = 0; k < 5; k++) await world.send(250, p)
await world.settle()
const { log, lake, mart, clock, workDirectory } = world
for (const c of [conservingShop, catalog]) {
  const t = performance.now()
  const r = await reconcile({ catalog: c, log, lake, mart, clock, workDirectory })
  console.log(Math.round(performance.now() - t), r.ok, r.topics['shop.raw'], process.memoryUsage().rss / 1e6)
}
