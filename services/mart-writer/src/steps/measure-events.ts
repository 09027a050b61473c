import { type Measure, OTHER_VALUE } from '@millrace/contracts'
import type { MeasureCounter } from '../metrics.ts'

/** Counts what the events of one batch count for, and adds it up when the batch is written. */
export class EventMeasures {
  readonly #counts: readonly {
    readonly measure: Measure
    readonly known: ReadonlySet<string>
    readonly counts: Map<string, number>
  }[]

  constructor(measures: readonly Measure[]) {
    this.#counts = measures.map(measure => ({ measure, known: new Set(measure.values), counts: new Map() }))
  }

  note(event: Readonly<Record<string, unknown>>): void {
    for (const { measure, known, counts } of this.#counts) {
      const measured = measure.of(event)
      if (!measured) continue
      const value = known.has(measured.as) ? measured.as : OTHER_VALUE
      counts.set(value, (counts.get(value) ?? 0) + measured.by)
    }
  }

  addTo(add: MeasureCounter): void {
    for (const { measure, counts } of this.#counts) add(measure, counts)
  }
}
