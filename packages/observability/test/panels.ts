import type { dashboards } from '../src/index.ts'

type Dashboard = (typeof dashboards)[keyof typeof dashboards]

/** A panel as Grafana reads it. */
export interface PanelJson {
  readonly type: string
  readonly title: string
  readonly description: string
  readonly datasource: unknown
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets: readonly {
    readonly refId: string
    readonly expr: string
    readonly legendFormat: string
    readonly instant?: boolean
  }[]
}

/** The panels of a dashboard, without its rows. */
export function panelsOf(dashboard: Dashboard): readonly PanelJson[] {
  const { panels } = JSON.parse(JSON.stringify(dashboard)) as { panels: PanelJson[] }
  return panels.filter(({ type }) => type !== 'row')
}
