import { fileNameOf, renderRule } from './alert.ts'
import { alerts } from './alerts.ts'
import { detection } from './dashboards/detection.ts'
import { domains } from './dashboards/domains.ts'
import { flow } from './dashboards/flow.ts'
import { gateway } from './dashboards/gateway.ts'
import { runtime } from './dashboards/runtime.ts'

export const dashboards = { flow, domains, detection, gateway, runtime } as const

/** Every generated file of the chart: its path below `charts/millrace/files` and its text. */
export function renderFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...Object.entries(dashboards).map(([name, dashboard]): [string, string] => [
      `dashboards/${name}.json`,
      `${JSON.stringify(dashboard, null, 2)}\n`,
    ]),
    ...alerts.map((alert): [string, string] => [`alerts/${fileNameOf(alert)}.yaml`, renderRule(alert)]),
  ])
}
