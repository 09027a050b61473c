import { type GoldenRow, type GoldenTally, isNewEvent, type SimulatedRecord } from '@millrace/simulation'
import type { WebRaw } from '../contract.ts'

const HOUR_MS = 3_600_000

/** Rows by a name, with counts that grow. */
class Rows<Count extends string> {
  readonly #rows = new Map<string, GoldenRow & Record<Count, number>>()
  readonly #counts: readonly Count[]

  constructor(counts: readonly Count[]) {
    this.#counts = counts
  }

  add(key: GoldenRow, counts: readonly Count[]): void {
    const name = JSON.stringify(key)
    let row = this.#rows.get(name)
    if (!row) {
      const zeros = Object.fromEntries(this.#counts.map(count => [count, 0])) as Record<Count, number>
      row = { ...key, ...zeros, events: 0 } as GoldenRow & Record<Count, number>
      this.#rows.set(name, row)
    }
    for (const count of [...counts, 'events' as Count]) row[count] = (row[count] + 1) as (typeof row)[Count]
  }

  list(): GoldenRow[] {
    return [...this.#rows.values()].map(row => ({ ...row }))
  }
}

/** The shop's addresses have neither query nor fragment. */
const pageOf = (address: string): string => address.slice('https://'.length)

/** Counts what the simulation sends, and knows from it what the tables of the domain have to hold. */
export class ShopTally implements GoldenTally {
  readonly #heat = new Rows(['clicks', 'moves'])
  readonly #pages = new Rows([
    ...(['views', 'entries', 'link_clicks', 'button_clicks', 'labelled_clicks', 'other_clicks', 'moves'] as const),
  ])
  readonly #funnel = new Rows(['entered', 'viewed', 'clicked', 'continued'])
  readonly #steps = new Set<string>()

  note(record: SimulatedRecord): void {
    if (!isNewEvent(record)) return
    const event = JSON.parse(record.value) as WebRaw
    const day = event.timestamp.slice(0, 10)
    const page = pageOf(event.current_page)
    const hour = Math.floor(Date.parse(event.timestamp) / HOUR_MS) * HOUR_MS
    const variant = event.variant!
    const ofPage = { page, day, hour, variant }
    switch (event.eventType) {
      case 'page-view': {
        const { previousPage } = event
        this.#pages.add(ofPage, previousPage ? ['views'] : ['views', 'entries'])
        this.#step(event, page, 'viewed')
        if (previousPage) this.#step(event, pageOf(previousPage), 'continued')
        else this.#step(event, page, 'entered')
        return
      }
      case 'click':
        this.#pages.add(ofPage, [`${event.element!}_clicks`])
        this.#step(event, page, 'clicked')
        this.#heat.add(this.#cellOf(event, page, day), ['clicks'])
        return
      case 'mouse-move':
        this.#pages.add(ofPage, ['moves'])
        this.#heat.add(this.#cellOf(event, page, day), ['moves'])
        return
      default:
        this.#pages.add(ofPage, [])
    }
  }

  #cellOf({ x, y, viewportWidth, documentWidth, documentHeight }: WebRaw, page: string, day: string): GoldenRow {
    return {
      ...{ page, day, layout: viewportWidth! < 600 ? 'phone' : 'desktop' },
      cell_y: Math.trunc((100 * y!) / documentHeight!),
      cell_x: Math.trunc((100 * x!) / documentWidth!),
    }
  }

  #step(
    { sessionId, timestamp, variant }: WebRaw,
    page: string,
    kind: 'entered' | 'viewed' | 'clicked' | 'continued',
  ): void {
    const day = timestamp.slice(0, 10)
    const step = `${day} ${sessionId} ${page} ${kind}`
    if (this.#steps.has(step)) return
    this.#steps.add(step)
    this.#funnel.add({ day, page, variant: variant! }, [kind])
  }

  /** The expected rows by table. */
  rows(): Readonly<Record<string, readonly GoldenRow[]>> {
    return { web_heat: this.#heat.list(), web_pages: this.#pages.list(), web_funnel: this.#funnel.list() }
  }
}
