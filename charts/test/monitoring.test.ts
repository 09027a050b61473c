import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { chart, describeWithHelm, externalValues, find, type KubeObject, podOf, render, workloads } from './helm.ts'

const files = (folder: string): readonly string[] => readdirSync(path.join(chart, 'files', folder)).sort()
const text = (...names: readonly string[]): string => readFileSync(path.join(chart, 'files', ...names), 'utf8').trim()
const names = (objects: readonly KubeObject[], kind: string): readonly string[] =>
  objects.filter(object => object.kind === kind).map(({ metadata }) => metadata.name)
const config = (objects: readonly KubeObject[]): string =>
  find(objects, 'ConfigMap', 'demo-prometheus').data!['prometheus.yml']!

describeWithHelm('Prometheus', () => {
  it('evaluates every alert, to the letter', async () => {
    const { data } = find(await render(), 'ConfigMap', 'demo-prometheus-rules')
    expect(Object.keys(data!).sort()).toEqual(files('alerts'))
    for (const [file, rule] of Object.entries(data!)) expect(rule.trim(), file).toBe(text('alerts', file))
  })

  it('reads the admin ports of this release only, and says where metrics come from', async () => {
    const { scrape_configs, global } = parse(config(await render('--set', 'monitoring.prometheus.scrapeInterval=5s')))
    expect(global).toEqual({ scrape_interval: '5s', evaluation_interval: '5s' })
    const [millrace] = scrape_configs
    expect(millrace.kubernetes_sd_configs).toEqual([
      {
        role: 'pod',
        namespaces: { own_namespace: true },
        selectors: [{ role: 'pod', label: 'app.kubernetes.io/name=millrace,app.kubernetes.io/instance=demo' }],
      },
    ])
    expect(millrace.relabel_configs[0]).toEqual({
      source_labels: ['__meta_kubernetes_pod_container_port_name'],
      regex: 'admin',
      action: 'keep',
    })
    const targets = millrace.relabel_configs.map((rule: { target_label?: string }) => rule.target_label)
    expect(targets).toEqual(expect.arrayContaining(['namespace', 'pod']))
  })

  it('has a configuration that promtool understands', async ({ skip }) => {
    if (spawnSync('promtool', ['--version']).status !== 0) {
      expect(process.env.CI, 'with CI=true promtool must be there').not.toBe('true')
      skip('promtool is not on the PATH: install Prometheus')
    }
    const directory = mkdtempSync(path.join(os.tmpdir(), 'prometheus-config-'))
    const file = path.join(directory, 'prometheus.yml')
    const whole = parse(config(await render('--set', 'monitoring.prometheus.alertmanagers[0]=alertmanager:9093')))
    // Some distributions build Prometheus without the discovery of Kubernetes; what is said to it is checked above.
    for (const scraped of whole.scrape_configs) delete scraped.kubernetes_sd_configs
    writeFileSync(file, stringify(whole))
    try {
      expect(execFileSync('promtool', ['check', 'config', '--syntax-only', file], { encoding: 'utf8' })).toContain(
        'SUCCESS',
      )
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('is the only pod with a token, for pods of its namespace and nothing else', async () => {
    const objects = await render()
    const withToken = workloads(objects).filter(([, pod]) => pod.automountServiceAccountToken !== false)
    expect(withToken.map(([object]) => object.metadata.name)).toEqual(['demo-prometheus'])
    expect(names(objects, 'ClusterRole')).toEqual([])
    const role = find(objects, 'Role', 'demo-prometheus') as unknown as { rules: unknown }
    expect(role.rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }])
  })

  it('starts anew when its configuration changes, and only then', async () => {
    const annotations = async (...args: string[]) => {
      const { spec } = find(await render(...args), 'StatefulSet', 'demo-prometheus')
      return (spec as { template: { metadata: { annotations: unknown } } }).template.metadata.annotations
    }
    expect(await annotations('--set', 'kafka.heap=600m')).toEqual(await annotations())
    expect(await annotations('--set', 'monitoring.prometheus.scrapeInterval=5s')).not.toEqual(await annotations())
  })

  it('keeps what it has on a volume of the chosen size, within limits', async () => {
    const args = ['--set', 'monitoring.prometheus.storage.size=3Gi,monitoring.prometheus.retentionSize=2GB']
    const object = find(await render(...args), 'StatefulSet', 'demo-prometheus')
    expect(JSON.stringify(object.spec.volumeClaimTemplates)).toContain('"storage":"3Gi"')
    expect(podOf(object)!.containers[0]!.args).toEqual(
      expect.arrayContaining(['--storage.tsdb.retention.time=7d', '--storage.tsdb.retention.size=2GB']),
    )
  })

  it('may reach its Alertmanagers', async () => {
    const objects = await render('--set', 'monitoring.prometheus.alertmanagers[0]=alertmanager.ops:9093')
    expect(parse(config(objects)).alerting.alertmanagers[0].static_configs[0].targets).toEqual([
      'alertmanager.ops:9093',
    ])
    expect(JSON.stringify(find(objects, 'NetworkPolicy', 'demo-prometheus').spec)).toContain(
      '{"port":9093,"protocol":"TCP"}',
    )
  })

  it.each([
    ['switched off', ['--set', 'monitoring.prometheus.enabled=false']],
    ['with external stores', externalValues],
  ])('leaves nothing behind where it is not wanted: %s', async (_, args) => {
    const objects = await render(...args)
    expect(objects.filter(({ metadata }) => metadata.name.includes('prometheus')).map(({ kind }) => kind)).toEqual([])
  })
})

describeWithHelm('dashboards and rules for others', () => {
  it('has each dashboard in a ConfigMap that Grafana finds', async () => {
    const objects = await render('--set', 'monitoring.dashboards.labels.team=data')
    for (const file of files('dashboards')) {
      const { data, metadata } = find(objects, 'ConfigMap', `demo-dashboard-${file.replace('.json', '')}`)
      expect(metadata.labels).toMatchObject({ grafana_dashboard: '1', team: 'data' })
      expect(data![`millrace-${file}`]!.trim()).toBe(text('dashboards', file))
    }
    const without = await render('--set', 'monitoring.dashboards.enabled=false')
    expect(names(without, 'ConfigMap').filter(name => name.includes('dashboard'))).toEqual([])
  })

  it('has every alert in a PrometheusRule where told so', async () => {
    expect(names(await render(), 'PrometheusRule')).toEqual([])
    const args = ['--set', 'monitoring.prometheusRules.enabled=true,monitoring.prometheusRules.labels.release=ops']
    const { spec, metadata } = find(await render(...args), 'PrometheusRule', 'demo-alerts')
    expect(metadata.labels).toMatchObject({ release: 'ops' })
    expect(spec.groups).toEqual(files('alerts').flatMap(file => parse(text('alerts', file)).groups))
  })
})
