import { Counter, Gauge, type Registry } from '@millrace/runtime'
import type { Model } from './models/model.ts'

/** The values of a model's features by bin, beside what is usual, so that a change of play shows before it causes false alarms. */
export function createFeatureMetrics(registry: Registry, { features }: Pick<Model, 'features'>): void {
  if (features.length === 0) return
  const labelNames = ['feature', 'bin'] as const
  new Counter({
    name: 'millrace_anomaly_scorer_feature_values_total',
    help: 'Values of a feature of the model, by bin',
    labelNames,
    registers: [registry],
    collect() {
      this.reset()
      for (const { feature, counts } of features)
        for (let bin = 0; bin < counts.length; bin++) this.inc({ feature, bin: String(bin) }, counts[bin])
    },
  })
  const reference = new Gauge({
    name: 'millrace_anomaly_scorer_feature_reference_ratio',
    help: "Share of honest people's values of a feature in a bin, by the model",
    labelNames,
    registers: [registry],
  })
  for (const { feature, reference: shares } of features)
    for (const [bin, share] of shares.entries()) reference.set({ feature, bin: String(bin) }, share)
}

/** Moves that were judged since the start; `warmUp` are those with too few moves around them for a verdict. */
export interface VerdictTally {
  normal: number
  suspicious: number
  warmUp: number
}

/** The scorer's own metrics. What is counted for every move is a plain number, which is read when it is asked for. */
export function createVerdictTally(registry: Registry, { id }: Pick<Model, 'id'>): VerdictTally {
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
