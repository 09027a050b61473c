import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { capture } from '../../../docker/tools.ts'
import { componentOf, type Namespace } from './cluster.ts'

const file = path.resolve(import.meta.dirname, '../../../docs/sizing.md')
const [BEGIN, END] = ['<!-- measured: npm run test:cluster -->', '<!-- end -->']

interface Row {
  request: number
  limit: number
  memory: number
  readySeconds: number
}

interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string }
    readonly memory?: { readonly workingSetBytes?: number }
  }[]
}

const UNITS: Readonly<Record<string, number>> = { Ki: 1 / 1024, Mi: 1, Gi: 1024 }
/** Mebibytes of a quantity such as `900Mi`. */
const mebibytes = (quantity = '0Mi'): number => Number.parseFloat(quantity) * (UNITS[quantity.slice(-2)] ?? 2 ** -20)

/** Collects what pods need: their requests, how long they took to be ready, and the most memory that was seen. */
export class Sizing {
  readonly #namespace: Namespace
  readonly #rows = new Map<string, Row>()

  constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  /** Notes requests, limits and the time from creation to readiness of the pods that run now, without those of Jobs. */
  async notePods(): Promise<void> {
    for (const pod of await this.#namespace.running()) {
      const { metadata, spec, status } = pod
      if (spec.restartPolicy !== 'Always') continue
      const ready = status.conditions?.find(({ type }) => type === 'Ready')
      const sum = (kind: 'requests' | 'limits'): number =>
        spec.containers.reduce((sum, { resources }) => sum + mebibytes(resources?.[kind]?.memory), 0)
      this.#rows.set(componentOf(pod), {
        request: sum('requests'),
        limit: sum('limits'),
        memory: 0,
        readySeconds: (Date.parse(ready!.lastTransitionTime) - Date.parse(metadata.creationTimestamp)) / 1000,
      })
    }
  }

  /** Notes the memory that pods have now, as their nodes count it (working set). */
  async noteMemory(): Promise<void> {
    const pods = await this.#namespace.running()
    for (const node of new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []))) {
      const summary: Summary = JSON.parse(
        await capture('kubectl', ['get', '--raw', `/api/v1/nodes/${node}/proxy/stats/summary`]),
      )
      for (const { podRef, memory } of summary.pods) {
        const pod = pods.find(({ metadata }) => metadata.name === podRef.name)
        const row = pod && podRef.namespace === this.#namespace.name && this.#rows.get(componentOf(pod))
        if (row) row.memory = Math.max(row.memory, (memory?.workingSetBytes ?? 0) / 2 ** 20)
      }
    }
  }

  /** Requests of all pods together, in mebibytes. */
  get requests(): number {
    return [...this.#rows.values()].reduce((sum, { request }) => sum + request, 0)
  }

  /** Writes the table into docs/sizing.md. */
  write(): void {
    const rows = [...this.#rows].sort(([, a], [, b]) => b.memory - a.memory)
    const line = (name: string, { request, limit, memory }: Omit<Row, 'readySeconds'>, ready: string): string =>
      `| ${name} | ${Math.round(request)} | ${Math.round(memory)} | ${Math.round(limit)} | ${ready} |`
    const total = (key: 'request' | 'limit' | 'memory'): number => rows.reduce((sum, [, row]) => sum + row[key], 0)
    const table = [
      '| pod | requested | most seen | limit | ready after |',
      '|---|--:|--:|--:|--:|',
      ...rows.map(([name, row]) => line(name, row, `${row.readySeconds} s`)),
      line('together', { request: total('request'), memory: total('memory'), limit: total('limit') }, ''),
    ].join('\n')
    const [before, rest] = readFileSync(file, 'utf8').split(BEGIN)
    const after = rest?.split(END)[1]
    if (before === undefined || after === undefined)
      throw new Error(`${file} has no place for the table: ${BEGIN} … ${END}`)
    writeFileSync(file, `${before}${BEGIN}\n\n${table}\n\n${END}${after}`)
  }
}
