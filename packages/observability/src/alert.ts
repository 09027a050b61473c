import { stringify } from 'yaml'

export interface Alert {
  /** CamelCase, without the product's name: `RecordsExpired`. */
  readonly name: string
  /** critical: data or results are being lost, look now. warning: it will become critical, or somebody is not served. */
  readonly severity: 'critical' | 'warning'
  readonly expr: string
  /** How long the expression must hold. */
  readonly for: string
  /** One sentence with what is wrong; labels as `{{ $labels.x }}`. */
  readonly summary: string
}

/** `RecordsExpired` is `records-expired`: the name of its rule file, its runbook and its test. */
export const fileNameOf = ({ name }: Pick<Alert, 'name'>): string =>
  name.replaceAll(/(?<=[a-z])[A-Z]/g, letter => `-${letter}`).toLowerCase()

/** The rule file of an alert, for Prometheus and for a PrometheusRule. */
export function renderRule(alert: Alert): string {
  const file = fileNameOf(alert)
  const rule = {
    alert: `Millrace${alert.name}`,
    expr: alert.expr,
    for: alert.for,
    labels: { severity: alert.severity },
    annotations: { summary: alert.summary, runbook: `docs/runbooks/${file}.md` },
  }
  return stringify({ groups: [{ name: `millrace-${file}`, rules: [rule] }] }, { lineWidth: 0 })
}
