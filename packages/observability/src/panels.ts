import * as bargauge from '@grafana/grafana-foundation-sdk/bargauge'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'

/** The Prometheus that is chosen at the top of the dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana replaces it
export const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const

/** Units of Grafana that panels use. */
export type Unit = 'short' | 's' | 'bytes' | 'Bps' | 'percentunit' | 'none'

export interface Query {
  readonly expr: string
  /** Name of its lines; labels as `{{topic}}`. */
  readonly legend: string
}

export interface PanelSpec {
  readonly title: string
  /** What it shows, and how to read it. */
  readonly description: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Of 24. */
  readonly width: number
  /** Value from which something is wrong. */
  readonly badFrom?: number
}

const refId = (index: number): string => String.fromCharCode(65 + index)

const targets = (queries: readonly Query[], isInstant: boolean) =>
  queries.map(({ expr, legend }, index) => {
    const query = new prometheus.DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend)
    return isInstant ? query.instant() : query.range()
  })

const thresholds = (badFrom: number | undefined) =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([
      { value: null, color: badFrom === undefined ? 'blue' : 'green' },
      ...(badFrom === undefined ? [] : [{ value: badFrom, color: 'red' }]),
    ])

/** Lines over time; stacked where the sum means something. */
export function lines(spec: PanelSpec & { readonly stacked?: boolean; readonly max?: number }) {
  const { title, description, unit, queries, width, badFrom, stacked = false, max } = spec
  const panel = new timeseries.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(targets(queries, false))
    .unit(unit)
    .min(0)
    .span(width)
    .height(8)
    .lineWidth(1)
    .fillOpacity(stacked ? 35 : 0)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
  if (max !== undefined) panel.max(max)
  if (badFrom !== undefined)
    panel
      .axisSoftMax(badFrom)
      .thresholds(thresholds(badFrom))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed))
  return panel
}

/** One number, as it is now. */
export function number(spec: PanelSpec & { readonly decimals?: number; readonly showName?: boolean }) {
  const { title, description, unit, queries, width, badFrom, decimals, showName = false } = spec
  const panel = new stat.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(targets(queries, true))
    .unit(unit)
    .span(width)
    .height(4)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .textMode(showName ? common.BigValueTextMode.Name : common.BigValueTextMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .thresholds(thresholds(badFrom))
  if (decimals !== undefined) panel.decimals(decimals)
  return panel
}

/** One bar per label value, as it is now. */
export function bars({ title, description, unit, queries, width, badFrom }: PanelSpec) {
  return new bargauge.PanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .targets(targets(queries, true))
    .unit(unit)
    .min(0)
    .span(width)
    .height(8)
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .text(new common.VizTextDisplayOptionsBuilder().titleSize(12).valueSize(14))
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .thresholds(thresholds(badFrom))
}

export type Panel = ReturnType<typeof lines> | ReturnType<typeof number> | ReturnType<typeof bars>

export interface DashboardSpec {
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Adds a choice of processes. */
  readonly choosesService?: boolean
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
}

const variable = (name: string, label: string, query: string) =>
  new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ query, refId: 'values' })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: 'All', value: '$__all' })

/** A whole dashboard; it works with any Prometheus that is chosen at its top. */
export function board({ uid, title, description, choosesService = false, rows }: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(`Millrace / ${title}`)
    .uid(uid)
    .description(description)
    .tags(['millrace'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .link(
      new dashboard.DashboardLinkBuilder('Millrace')
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags(['millrace'])
        .includeVars(true)
        .keepTime(true),
    )
    .withVariable(new dashboard.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(variable('namespace', 'Namespace', 'label_values(millrace_ready, namespace)').allValue('.*'))
  if (choosesService)
    builder.withVariable(
      variable('service', 'Service', 'label_values(millrace_ready{namespace=~"$namespace"}, service)'),
    )
  for (const { title: rowTitle, panels } of rows) {
    builder.withRow(new dashboard.RowBuilder(rowTitle))
    for (const panel of panels) builder.withPanel(panel)
  }
  const built = builder.build()
  for (const [index, panel] of (built.panels ?? []).entries()) panel.id = index + 1
  return built
}
