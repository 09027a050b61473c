import type { z } from 'zod'
import type { Topic } from './topic.ts'

/** What an event counts for. */
export interface Measured {
  /** Value of the label. */
  readonly as: string
  readonly by: number
}

/** What is counted of a topic's events for dashboards: a domain's own question, by one label with few values. */
export interface Measure<S extends z.ZodObject = z.ZodObject> {
  /** Snake case, with the unit; the metric is `millrace_mart_writer_<domain>_<name>_total`. */
  readonly name: string
  readonly topic: Topic<S>
  /** Title of its panel, and a sentence on how to read it. */
  readonly title: string
  readonly description: string
  readonly label: string
  /** Values that the label may have; any other value is counted as `other`. */
  readonly values: readonly string[]
  /** Null for an event that does not count. */
  of(event: z.infer<S>): Measured | null
}

/** Declares a measure. */
export const defineMeasure = <S extends z.ZodObject>(measure: Measure<S>): Measure<S> => measure

/** In place of a label value that was not declared. */
export const OTHER_VALUE = 'other'
