import { Counter, Gauge, type Registry } from '@millrace/runtime'
import type { Model } from './models/model.ts'

/** Moves that were judged since the start; `warmUp` are those with too few moves around them for a verdict. */
export interface VerdictTally {
  normal: number
  suspicious: number
  warmUp: number
}

/** The scorer's own metrics. What is counted for every move is a plain number, which is read when it is asked for. */
export function createVerdictTally(registry: Registry, { id }: Model): VerdictTally {
  const tally: VerdictTally = { normal: 0, suspicious: 0, warmUp: 0 }
  new Counter({
    name: 'millrace_anomaly_scorer_verdicts_total',
    help: 'Moves that were judged, by verdict',
    labelNames: ['verdict'],
    registers: [registry],
    collect() {
      this.reset()
      this.inc({ verdict: 'normal' }, tally.normal)
      this.inc({ verdict: 'suspicious' }, tally.suspicious)
      this.inc({ verdict: 'warm_up' }, tally.warmUp)
    },
  })
  const model = new Gauge({
    name: 'millrace_anomaly_scorer_model_info',
    help: 'Always 1; the label says which model judges',
    labelNames: ['model'],
    registers: [registry],
  })
  model.set({ model: id }, 1)
  return tally
}
