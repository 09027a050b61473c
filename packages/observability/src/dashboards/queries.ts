import { createSelectors } from '../selectors.ts'

/** Selectors of what the dashboards' choice of namespaces leaves. */
export const { of, every, named } = createSelectors('namespace=~"$namespace"')

export const perSecond = (selector: string, ...by: readonly string[]): string =>
  `sum${by.length > 0 ? ` by (${by.join(', ')})` : ''} (rate(${selector}[$__rate_interval]))`

/** As it is where it was ever counted, else 0: for what should never happen. */
export const orZero = (expr: string): string => `${expr} or vector(0)`

/** The same by a label: one line at 0 that is called "none" where there are no others. */
export const orNone = (expr: string, label: string): string =>
  `${expr} or (label_replace(vector(0), "${label}", "none", "", "") unless on () (${expr}))`

/** A quantile of a histogram, seconds; `bucket` selects its `_bucket` series. */
export const quantile = (share: number, bucket: string, ...by: readonly string[]): string =>
  `histogram_quantile(${share}, ${perSecond(bucket, 'le', ...by)})`
