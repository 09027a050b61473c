import { type Actor, type Person, Random, type SimulatedRecord } from '@millrace/simulation'
import { type AdCampaign, type AdKind, ad } from '../contract.ts'

const SECOND_MS = 1_000
/** Mean time from the end of one showing to the next one, ms: about one event per viewer and hour. */
const MEAN_GAP_MS = 105 * 60 * SECOND_MS
/** Shares of showings that are ignored, and that are viewed without a click; the others are clicked. */
const IGNORED = 0.5
const VIEWED = 0.35
const VIEW_MS = { min: 1 * SECOND_MS, max: 90 * SECOND_MS }
/** From the start of a view to its first click. */
const CLICK_MS = { min: 1 * SECOND_MS, max: 30 * SECOND_MS }
/** How often a click is followed by another one, and when: mostly too soon to count. */
const CLICKED_AGAIN = 0.4
const AGAIN_MS = { min: 200, max: 90 * SECOND_MS }

/** The same text in one piece: V8 keeps what is joined of pieces as a tree, which would be walked for every record. */
const inOnePiece = (text: string): string => Buffer.from(text).toString()

/** The parts of an event's JSON that a campaign gives. */
export interface CampaignParts {
  readonly head: string
  readonly tail: string
}

export function partsOf({ ad_id, name, genre, start_time, end_time, description }: AdCampaign): CampaignParts {
  const head = JSON.stringify({ start_time, ad_id, ad_name: name, genre, end_time })
  return {
    head: inOnePiece(`","Ad":${head.slice(0, -1)},"click_count":`),
    tail: inOnePiece(`,"ad_explain":${JSON.stringify(description)}},"User":{"view":`),
  }
}

export interface ViewerOptions {
  readonly person: Person
  readonly campaigns: readonly CampaignParts[]
  /** Labels of the viewer's random stream. */
  readonly labels: readonly (string | number)[]
  /** Virtual time covered, ms since the epoch. */
  readonly startMs: number
  readonly endMs: number
  readonly writeInstant: (timeMs: number) => string
}

const topic = ad.topics.raw.name

interface Step {
  readonly atMs: number
  readonly kind: AdKind
}

/** Someone who is shown an ad now and then, and ignores, views or clicks it; some click again and again. */
export class Viewer implements Actor {
  readonly id: number
  nextMs: number
  readonly #options: ViewerOptions
  readonly #random: Random
  readonly #genderPart: string
  readonly #end: string
  /** What is still to happen with the ad that is shown. */
  #steps: Step[] = []
  #step = 0
  #campaign!: CampaignParts
  #clicks = 0
  #shownMs = 0
  #viewedMs = 0
  #sequence = 0

  constructor(options: ViewerOptions) {
    const { person, labels, startMs } = options
    this.id = person.number
    this.#options = options
    this.#random = new Random(...labels, 'viewer', person.number)
    this.#genderPart = inOnePiece(`,"gender":"${person.gender}","total_time":`)
    this.#end = inOnePiece(`,"account":${JSON.stringify(person.account)},"age":${person.age}}}`)
    this.nextMs = startMs
    this.#showNext(startMs)
  }

  /** Plans what happens with the next ad; gaps between ads have no memory. */
  #showNext(afterMs: number): void {
    const random = this.#random
    const gapMs = Math.ceil(-Math.log(1 - random.float()) * MEAN_GAP_MS)
    const shownMs = afterMs + Math.max(1, gapMs)
    this.#shownMs = shownMs
    this.#clicks = 0
    this.#campaign = random.pick(this.#options.campaigns)
    const what = random.float()
    this.#step = 0
    this.#steps =
      what < IGNORED
        ? [{ atMs: shownMs, kind: 'impression' }]
        : what < IGNORED + VIEWED
          ? [
              { atMs: shownMs, kind: 'view-start' },
              { atMs: shownMs + random.int(VIEW_MS.min, VIEW_MS.max), kind: 'view-end' },
            ]
          : this.#clickedSteps(shownMs)
    this.#goOn()
  }

  #clickedSteps(shownMs: number): Step[] {
    const random = this.#random
    const steps: Step[] = [{ atMs: shownMs, kind: 'view-start' }]
    let atMs = shownMs + random.int(CLICK_MS.min, CLICK_MS.max)
    steps.push({ atMs, kind: 'click' })
    while (random.chance(CLICKED_AGAIN)) {
      atMs += random.int(AGAIN_MS.min, AGAIN_MS.max)
      steps.push({ atMs, kind: 'click' })
    }
    steps.push({ atMs: atMs + random.int(VIEW_MS.min, VIEW_MS.max), kind: 'view-end' })
    return steps
  }

  #goOn(): void {
    const { atMs } = this.#steps[this.#step]!
    this.nextMs = atMs < this.#options.endMs ? atMs : Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const { atMs, kind } = this.#steps[this.#step++]!
    const { person, writeInstant } = this.#options
    const eventId = this.#random.uuid()
    const viewedMs = kind === 'view-end' ? atMs - this.#shownMs : 0
    this.#viewedMs += viewedMs
    if (kind === 'click') this.#clicks++
    const value =
      '{"eventId":"' +
      eventId +
      '","datetime":"' +
      writeInstant(atMs) +
      this.#campaign.head +
      this.#clicks +
      ',"viewing_time":' +
      viewedMs / SECOND_MS +
      this.#campaign.tail +
      (kind === 'impression' ? 'false' : 'true') +
      this.#genderPart +
      this.#viewedMs / SECOND_MS +
      (kind === 'click' ? ',"click":true' : ',"click":false') +
      this.#end
    if (this.#step < this.#steps.length) this.#goOn()
    else this.#showNext(atMs)
    const { account: key } = person
    return { topic, key, eventId, value, atMs, actor: this.id, sequence: this.#sequence++, fault: null }
  }
}
