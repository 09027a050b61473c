/** A fault that is put into the code of the product, to see how many seeds find it. */
export interface Plant {
  readonly name: string
  /** Where it was: found by a drill or a review, or made up for this list. */
  readonly origin: 'was there' | 'made up'
  readonly what: string
  readonly edits: readonly {
    /** Path below the root of the project. */
    readonly file: string
    /** Text that is there exactly once. */
    readonly from: string
    readonly to: string
  }[]
}

export const plants: readonly Plant[] = []
