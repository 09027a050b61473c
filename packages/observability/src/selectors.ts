/** Makes selectors of Millrace's metrics, all with the same matchers. */
export interface Selectors {
  /** A metric of one service: `of('lake-archiver', 'rows_total')` is `millrace_lake_archiver_rows_total{…}`. */
  of(service: string, thing: string, ...matchers: readonly string[]): string
  /** A metric that every service has, of all of them: `every('lag_records')`; the label `service` tells them apart. */
  every(thing: string, ...matchers: readonly string[]): string
  /** A metric by its whole name. */
  named(name: string, ...matchers: readonly string[]): string
}

/** @param shared matchers of every selector, such as `namespace=~"$namespace"` */
export function createSelectors(...shared: readonly string[]): Selectors {
  const braces = (matchers: readonly string[]): string => (matchers.length > 0 ? `{${matchers.join(', ')}}` : '')
  return {
    of: (service, thing, ...matchers) =>
      `millrace_${service.replaceAll('-', '_')}_${thing}${braces([...shared, ...matchers])}`,
    every: (thing, ...matchers) => braces([`__name__=~"millrace_[a-z_]+_${thing}"`, ...shared, ...matchers]),
    named: (name, ...matchers) => `${name}${braces([...shared, ...matchers])}`,
  }
}

/** Added to shares, so that a bin that nobody is in has a logarithm. */
const SMALL_SHARE = 0.0001

/**
 * The population stability index of each group: Σ (p − q) · ln(p / q) over its bins (Siddiqi 2006; above 0.25 is a major shift).
 * @param shares p by group and bin
 * @param reference q by group and bin
 * @param by labels of a group
 */
export const driftOf = (shares: string, reference: string, by: string): string =>
  `sum by (${by}) ((${shares} - ${reference}) * ln((${shares} + ${SMALL_SHARE}) / (${reference} + ${SMALL_SHARE})))`

/** How much a counter grew, also where it did not exist before: `increase` does not see the first value of a series. */
export const grown = (selector: string, window: string): string =>
  `(increase(${selector}[${window}]) > 0 or (${selector} > 0 unless ${selector} offset ${window}))`
