import type { Move } from '../../steps/read-move.ts'
import type { Contribution, Incident, Judgement, JudgementDetail } from '../model.ts'
import { type Kind, kinds } from './artefact.ts'
import { rounded as toThousandths } from './evidence-table.ts'
import type { CompiledModel } from './model.ts'
import { reasonOf } from './reason.ts'
import type { EvidenceTrack } from './track.ts'

/** Of an episode's actions that the evidence of the moment does not single out, this share is altered. */
const OTHER_SHARE = 0.1
/** Similar gaps in a row that make an action one of a run. */
const RUN = 3
/** Clicks per second that make a click one of a fast run. */
const FAST = 5
/** A score below this speaks for no kind. */
const LEAST_SCORE = 0.05

const PLACES = 10_000
const rounded = (probability: number): number => Math.round(probability * PLACES) / PLACES

/** What the additive model says about one move. */
export class EvidenceJudgement implements Judgement {
  readonly #model: CompiledModel
  /** Null for a move that has no place in its player's track. */
  readonly #track: EvidenceTrack | null
  #incident: Incident | null = null
  readonly score: number
  readonly kind: Kind | null = null

  constructor(model: CompiledModel, track: EvidenceTrack | null) {
    this.#model = model
    this.#track = track
    let highest = 0
    if (track)
      for (let n = 0; n < kinds.length; n++) {
        if (track.isSilent(n)) continue
        const probability = probabilityOf(model, track, n)
        if (probability <= highest) continue
        highest = probability
        this.kind = kinds[n]!
      }
    this.score = rounded(highest)
    if (this.score < LEAST_SCORE) this.kind = null
  }

  get warmUp(): boolean {
    return this.#track === null || this.#track.warmUp
  }

  get verdict(): 'normal' | 'suspicious' {
    return !this.warmUp && this.score >= this.#model.artefact.suspiciousFrom ? 'suspicious' : 'normal'
  }

  get detail(): JudgementDetail {
    return {
      approach: this.#track?.approach ?? 'late',
      statistics: Object.fromEntries(kinds.map(kind => [kind, this.#statisticOf(kind)])),
    }
  }

  #statisticOf(kind: Kind): number {
    return this.#track?.sumAt(kinds.indexOf(kind))?.value ?? 0
  }

  contributions(): readonly Contribution[] {
    if (this.kind === null || this.#track === null) return []
    const said = this.#track.evidence[kinds.indexOf(this.kind)]
    const own = said ? this.#model.tables[this.kind].contributions(said.values) : []
    const statistic = toThousandths(this.#statisticOf(this.kind))
    const past = { feature: `${this.kind}Statistic`, value: statistic, contribution: statistic }
    return statistic > 0 ? [...own, past].sort((a, b) => b.contribution - a.contribution) : own
  }

  incident(): Incident | null {
    return this.#incident
  }

  /** Finds out whether an incident begins, after the move was worked in. */
  settle({ timeMs }: Move): void {
    const track = this.#track!
    for (let n = 0; n < kinds.length; n++) {
      const kind = kinds[n]!
      const sum = track.sumAt(n)
      if (!sum?.isCrossing) continue
      const begins = timeMs - sum.crossedMs > this.#model.artefact.incidentGapMs
      // One alert for a move: another kind's comes with the next one.
      if (begins && this.#incident !== null) continue
      sum.crossedMs = Math.max(sum.crossedMs, timeMs)
      if (!begins) continue
      this.#incident = {
        score: Math.max(this.score, rounded(episodeProbability(this.#model, sum.value))),
        kind,
        reason: reasonOf(kind, sum, this.#model.artefact.evidence[kind].sign),
        evidence: sum.carrying.map(({ eventId, timeMs: atMs, score, feature, value }) => ({
          sourceEventId: eventId,
          datetime: new Date(atMs).toISOString(),
          score,
          feature,
          value,
        })),
      }
    }
  }
}

/** Probability that the player cheats now, by the statistic so far. */
function episodeProbability({ artefact: { episodePrior } }: CompiledModel, statistic: number): number {
  const odds = (episodePrior / (1 - episodePrior)) * Math.exp(statistic)
  return odds / (1 + odds)
}

/** Probability that the action is altered in one way: of the episode, by the actions before it, and of the action in it. */
function probabilityOf(model: CompiledModel, track: EvidenceTrack, n: number): number {
  const kind = kinds[n]!
  const said = track.evidence[n]
  const statistic = track.sumAt(n)?.value ?? 0
  const isAim = kind === 'jump' || kind === 'snap'
  // The other kinds speak through their statistic alone.
  if (isAim ? !said : statistic === 0) return 0
  const episode = episodeProbability(model, statistic)
  if (isAim && said) {
    const { mixture } = model.tables[kind]
    const ratio = Math.exp(said.logRatio)
    const altered = episode * mixture * ratio
    return model.calibrate(altered / (altered + episode * (1 - mixture) + 1 - episode))
  }
  if (kind === 'clock') return episode * (track.clockDrift > 0 ? 1 : OTHER_SHARE)
  const isOfRun = kind === 'rate' ? track.clicksPerSecond >= FAST : track.run >= RUN || (said?.logRatio ?? 0) > 0
  return episode * (isOfRun ? 1 : OTHER_SHARE)
}
