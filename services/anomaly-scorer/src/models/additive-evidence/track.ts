import type { Move } from '../../steps/read-move.ts'
import type { PlayerTrack } from '../model.ts'
import { Aim } from './aim.ts'
import { type Kind, kinds } from './artefact.ts'
import { type CarryingAction, CumulativeSum } from './cumulative-sum.ts'
import { Drift } from './drift.ts'
import type { EvidenceTable } from './evidence-table.ts'
import { EvidenceJudgement } from './judgement.ts'
import { KeyRhythms } from './key-rhythms.ts'
import type { UnknownApproach } from './measure-approach.ts'
import type { CompiledModel } from './model.ts'
import { ownEvidence } from './own-evidence.ts'
import { Segments } from './segments.ts'
import { Tempo } from './tempo.ts'

/** Fewer moves of a segment than this are too few for a verdict. */
const WARM_UP_MOVES = 8

/** The input of a click. */
const CLICK = 'none'

/** What an action said, by kind. */
export interface ActionEvidence {
  readonly values: readonly number[]
  readonly logRatio: number
}

/** A player's evidence: one CUSUM statistic per kind, over the moves of a segment. */
export class EvidenceTrack implements PlayerTrack {
  readonly #model: CompiledModel
  readonly #segments: Segments
  /** Null while nothing has spoken for cheating, as with nearly everybody. */
  #sums: (CumulativeSum | null)[] | null = null
  #aim: Aim | null = null
  #rhythms = new KeyRhythms()
  #tempo: Tempo | null = null
  #drift = new Drift()
  #moves = 0
  #lastMs = 0
  /** Of the latest approach that is known: its time, and whether it spoke for cheating. */
  #approachMs = Number.NEGATIVE_INFINITY
  #spokeJump = false
  #spokeSnap = false

  /** The latest move: what is known of its approach, and what it said (of one move at a time, of all players). */
  approach: 'known' | UnknownApproach = 'no-path'
  readonly evidence: (ActionEvidence | null)[]

  constructor(model: CompiledModel, allowedLatenessMs: number) {
    this.#model = model
    this.evidence = model.latest
    this.#segments = new Segments(model.artefact.incidentGapMs + allowedLatenessMs)
  }

  get dependsFrom(): number {
    return this.#segments.dependsFrom
  }

  get warmUp(): boolean {
    return this.#moves < WARM_UP_MOVES
  }

  /** Gaps of the run of even presses that goes on. */
  get run(): number {
    return this.#rhythms.run
  }

  /** Drift of the clocks in the last minutes. */
  get clockDrift(): number {
    return this.#drift.latest
  }

  /** Clicks per second of the last seconds. */
  get clicksPerSecond(): number {
    return this.#tempo?.latest ?? 0
  }

  /** The statistic of the kind at `n` of `kinds`; null where nothing has spoken for it yet. */
  sumAt(n: number): CumulativeSum | null {
    return this.#sums === null ? null : this.#sums[n]!
  }

  /** Whether neither the latest move nor those before it say anything of the kind at `n`. */
  isSilent(n: number): boolean {
    return this.evidence[n] === null && this.sumAt(n) === null
  }

  judge(move: Move, offset: number): EvidenceJudgement {
    if (this.#segments.isBehind(move)) return new EvidenceJudgement(this.#model, null)
    const begins = this.#segments.enter(move, offset)
    if (begins !== null) this.#begin(begins === 'match')
    for (let n = 0; n < kinds.length; n++) this.evidence[n] = null
    this.#moves++
    const sinceMs = move.timeMs - this.#segments.startMs
    const gapMs = this.#moves === 1 ? Number.POSITIVE_INFINITY : sinceMs - this.#lastMs
    this.#measureAim(move)
    // What comes out of order has no gap.
    if (gapMs >= 0) {
      if (move.inputkey === CLICK) {
        this.#tempo ??= new Tempo()
        this.#say('rate', this.#tempo.add(sinceMs))
      }
      this.#say('macro', this.#rhythms.add(move.inputkey, sinceMs))
      this.#say('clock', this.#drift.add(sinceMs, move.gameMs))
      this.#lastMs = sinceMs
    }
    const judgement = new EvidenceJudgement(this.#model, this)
    this.#accumulate(move, judgement.score)
    judgement.settle(move)
    return judgement
  }

  #begin(isMatch: boolean): void {
    this.#aim = null
    this.#rhythms = new KeyRhythms()
    this.#tempo = null
    this.#drift = new Drift()
    this.#moves = 0
    this.#approachMs = Number.NEGATIVE_INFINITY
    if (isMatch) this.#sums = null
    else for (const sum of this.#sums ?? []) sum?.reset()
  }

  #say(kind: Kind, value: number | null): void {
    if (value === null) return
    const values = [value]
    this.evidence[kinds.indexOf(kind)] = { values, logRatio: this.#model.tables[kind].logRatio(values) }
  }

  #measureAim({ path, timeMs }: Move): void {
    this.approach = 'no-path'
    if (path === undefined) return
    this.#aim ??= new Aim()
    const measured = this.#aim.measure(path)
    if (typeof measured === 'string') {
      this.approach = measured
      return
    }
    this.approach = 'known'
    const { mostLogRatio } = this.#model.artefact
    const sinceMs = timeMs - this.#approachMs
    const say = (kind: Kind, spoke: boolean): boolean => {
      const logRatio = Math.max(-mostLogRatio, Math.min(mostLogRatio, this.#model.tables[kind].logRatio(measured)))
      this.evidence[kinds.indexOf(kind)] = { values: measured, logRatio: ownEvidence(logRatio, spoke, sinceMs) }
      return logRatio > 0
    }
    this.#spokeJump = say('jump', this.#spokeJump)
    this.#spokeSnap = say('snap', this.#spokeSnap)
    this.#approachMs = timeMs
  }

  #accumulate(move: Move, score: number): void {
    for (let n = 0; n < kinds.length; n++) {
      const said = this.evidence[n]!
      if (said === null) continue
      const table = this.#model.tables[kinds[n]!]
      if (this.sumAt(n) === null && CumulativeSum.increment(table, said.logRatio) <= 0) continue
      this.#sums ??= kinds.map(() => null)
      const sum = this.#sums[n] ?? new CumulativeSum(table)
      this.#sums[n] = sum
      sum.add(said.logRatio, table.hasSign(said.values), added => carrying(move, { score, added, table, said }))
    }
  }
}

function carrying(
  { eventId, timeMs }: Move,
  item: { score: number; added: number; table: EvidenceTable; said: ActionEvidence },
): CarryingAction {
  const [first] = item.table.contributions(item.said.values)
  const feature = first?.feature ?? item.table.features[0]!
  return { eventId, timeMs, score: item.score, feature, value: first?.value ?? item.said.values[0]!, added: item.added }
}
