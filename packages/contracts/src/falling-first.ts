import type { z } from 'zod'

/** Name of the check in the definition of a schema. */
export const FALLING_FIRST = 'falling_first'

type Rows = readonly (readonly unknown[])[]

/**
 * Check of a list of rows of numbers: the first number of each row is less than that of the row before. JSON Schema has no word for
 * it, so the description of the field has to say it.
 */
export const fallingFirst: z.core.$ZodCheck<Rows> = {
  _zod: {
    def: { check: FALLING_FIRST },
    onattach: [],
    check({ value, issues }) {
      for (let row = 1; row < value.length; row++) {
        const [before, first] = [value[row - 1]![0] as number, value[row]![0] as number]
        if (first < before) continue
        const message = `expected less than ${before}, the first number of the entry before`
        issues.push({ code: 'custom', message, path: [row, 0], input: first })
        return
      }
    },
  },
}
