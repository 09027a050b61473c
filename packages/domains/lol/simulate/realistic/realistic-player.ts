import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import { Cheater } from '../cheats/cheater.ts'
import type { Episode } from '../cheats/episodes.ts'
import type { Match } from '../room.ts'
import { ApproachRecorder } from './approach-recorder.ts'
import { Hand } from './hand.ts'
import { MatchClient, type Press } from './match-client.ts'
import { MatchWriter, type TruthFacts } from './match-writer.ts'
import { Pace } from './pace.ts'
import { drawHabits, type Habits } from './pointer.ts'
import type { RealisticOptions } from './realistic-options.ts'
import { drawTraits, type Traits } from './traits.ts'

/** A record whose place in the order is not known yet. */
type Due = Omit<SimulatedRecord, 'sequence'> & { sequence: number }

/** The way to an action counts for a cheat within this, ms. */
const WAY_MS = 500

/**
 * A player of the realistic profile: a hand that moves as people's do, a client that sends what it does, and perhaps a cheat.
 * What the hand does is the same with and without the cheat and with and without approaches.
 */
export class RealisticPlayer implements Actor {
  readonly id: number
  readonly #options: RealisticOptions
  readonly #traits: Traits
  readonly #habits: Habits
  readonly #random: Random
  readonly #recorder: ApproachRecorder | null
  readonly #cheatRandom: Random
  readonly #cheatRecorder: ApproachRecorder | null
  /** Records in the order of sending, from `#sent` on. */
  readonly #due: Due[] = []
  #sent = 0
  #sequence = 0
  #matchNumber = -1
  #isOver = false
  #match!: Match
  #lengthMs = 0
  #hand!: Hand
  #client!: MatchClient
  #writer!: MatchWriter
  #cheater: Cheater | null = null
  #episode: Episode | undefined
  #actions = 0
  #altered = 0
  #alteredInEpisode = 0
  readonly #presses: Press[] = []

  constructor(options: RealisticOptions) {
    this.id = options.id
    this.#options = options
    const person = new Random(...options.people, 'person', options.id)
    this.#traits = drawTraits(person, options.pace)
    this.#habits = drawHabits(options.models, person)
    this.#random = new Random(...options.labels, 'player', options.id)
    this.#cheatRandom = new Random(...options.labels, 'cheat', options.id)
    this.#recorder = this.#createRecorder('approach')
    this.#cheatRecorder = options.cheat && this.#createRecorder('cheat-approach')
    this.#enterMatch()
    this.#fill()
  }

  #createRecorder(label: string): ApproachRecorder | null {
    const { pathHz, labels, id } = this.#options
    return pathHz === undefined ? null : new ApproachRecorder(pathHz, this.#traits, new Random(...labels, label, id))
  }

  get nextMs(): number {
    return this.#due[this.#sent]?.atMs ?? Number.POSITIVE_INFINITY
  }

  next(): SimulatedRecord {
    const record = this.#due[this.#sent++]!
    if (this.#sent === this.#due.length) {
      this.#due.length = 0
      this.#sent = 0
      this.#fill()
    }
    return record
  }

  #fill(): void {
    while (this.#due.length === 0 && !this.#isOver) this.#advance()
    for (const record of this.#due) record.sequence = this.#sequence++
  }

  #enterMatch(): void {
    const { room, roomNumber, labels, endMs, models, pace, cheat, dials } = this.#options
    const match = room.matchAt(++this.#matchNumber)
    this.#match = match
    if (match.startMs >= endMs) {
      this.#isOver = true
      return
    }
    this.#lengthMs = Math.min(match.endMs, endMs) - match.startMs
    const random = this.#random
    this.#hand = new Hand({
      models,
      traits: this.#traits,
      habits: this.#habits,
      random,
      roomPace: new Pace(new Random(...labels, 'room', roomNumber, 'pace', this.#matchNumber).int32(), pace.swings),
      ownPace: new Pace(random.int32(), pace.swings),
    })
    this.#client = new MatchClient(random, this.#traits.holdShare)
    this.#writer = new MatchWriter(this.#options, match, this.#traits.scale)
    const fullLengthMs = match.endMs - match.startMs
    this.#cheater = cheat && new Cheater(cheat, dials, { lengthMs: fullLengthMs, random: this.#cheatRandom })
    this.#episode = this.#cheater?.episodeAt(0)
    this.#actions = 0
    this.#altered = 0
    this.#alteredInEpisode = 0
  }

  /** Takes the hand to its next row, and sends what is certain by then. */
  #advance(): void {
    const hand = this.#hand
    hand.step()
    const untilMs = Math.min(hand.atMs, this.#lengthMs)
    const presses = this.#presses
    for (let due = this.#client.takeDue(untilMs); due; due = this.#client.takeDue(untilMs))
      presses.push(due.key === null ? waiting(due.atMs) : this.#pressAt(due.atMs, due.key, false))
    if (hand.action > 0 && hand.atMs < this.#lengthMs) this.#pressOfHand()
    if (this.#cheater) this.#addPresses(this.#cheater, untilMs)
    if (presses.length > 0) {
      if (presses.length > 1) presses.sort((a, b) => a.atMs - b.atMs)
      for (const press of presses) this.#send(press)
      presses.length = 0
    }
    this.#endEpisodes(untilMs)
    if (hand.atMs >= this.#lengthMs) this.#endMatch()
  }

  #pressOfHand(): void {
    const { atMs, x, y, trail, action } = this.#hand
    const { method, key } = this.#client.act(action, atMs)
    const approach = this.#recorder?.read(trail, atMs, this.#hand) ?? []
    const press: Press = { atMs, method, key, x, y, approach, isAltered: false, isAdded: false }
    if (this.#cheater && method === '/move') {
      const alteration = this.#cheater.alterationOf(atMs, press, trail.wayOf(WAY_MS))
      if (alteration) {
        press.isAltered = true
        press.approach = alteration.approach(approach)
        press.x += alteration.dx
        press.y += alteration.dy
      }
    }
    this.#presses.push(press)
  }

  /** A press where the pointer is at a time between the last two rows. */
  #pressAt(atMs: number, key: string, isAdded: boolean): Press {
    const { trail } = this.#hand
    const place = { x: 0, y: 0 }
    trail.placeAt(atMs, place)
    const recorder = isAdded ? this.#cheatRecorder : this.#recorder
    const approach = recorder?.read(trail, atMs, place) ?? []
    return { atMs, method: '/move', key, ...place, approach, isAltered: isAdded, isAdded }
  }

  #addPresses(cheater: Cheater, untilMs: number): void {
    for (let atMs = cheater.nextPressMs(untilMs); !Number.isNaN(atMs); atMs = cheater.nextPressMs(untilMs)) {
      this.#presses.push(this.#pressAt(atMs, cheater.key, true))
      cheater.takePress()
    }
  }

  #send(press: Press): void {
    const { account } = this.#options
    const random = press.isAdded ? this.#cheatRandom : this.#random
    const gameMs = this.#cheater ? this.#cheater.gameMsAt(press.atMs) : press.atMs
    if (Math.floor(gameMs / 1000) !== Math.floor(press.atMs / 1000)) press.isAltered = true
    const atMs = this.#match.startMs + Math.floor(press.atMs)
    const eventId = random.uuid()
    const value = this.#writer.action(press, { eventId, id: random.uuid(), atMs, gameMs }, this.#client)
    this.#due.push({ topic: 'lol.raw', key: account, eventId, value, atMs, actor: this.id, sequence: 0, fault: null })
    this.#actions++
    if (press.isAltered) {
      this.#alteredInEpisode++
      this.#altered++
      this.#sendTruth({ kind: 'action', fromMs: atMs, toMs: atMs, actionId: eventId })
    }
  }

  #sendTruth(truth: Omit<TruthFacts, 'cheat'>): void {
    const isCheater = this.#altered > 0
    // Records about the match come from the player's stream, so that a cheat changes no id but its own.
    const random = truth.kind === 'player-match' ? this.#random : this.#cheatRandom
    const eventId = random.uuid()
    const value = this.#writer.truth(eventId, { ...truth, cheat: isCheater ? this.#options.cheat : null })
    const { toMs } = truth
    const { account } = this.#options
    this.#due.push({
      topic: 'lol.truth',
      key: account,
      eventId,
      value,
      atMs: toMs,
      actor: this.id,
      sequence: 0,
      fault: null,
    })
  }

  #endEpisodes(untilMs: number): void {
    const isMatchOver = untilMs >= this.#lengthMs
    for (;;) {
      const episode = this.#episode
      if (!episode || (episode.toMs > untilMs && !isMatchOver)) return
      const { startMs } = this.#match
      const toMs = Math.min(episode.toMs, this.#lengthMs)
      if (this.#alteredInEpisode > 0) {
        this.#sendTruth({ kind: 'episode', fromMs: startMs + episode.fromMs, toMs: startMs + toMs })
        this.#due.sort((a, b) => a.atMs - b.atMs)
      }
      this.#alteredInEpisode = 0
      this.#episode = isMatchOver ? undefined : this.#cheater?.episodeAt(episode.toMs)
    }
  }

  #endMatch(): void {
    const { startMs } = this.#match
    if (this.#actions > 0) this.#sendTruth({ kind: 'player-match', fromMs: startMs, toMs: startMs + this.#lengthMs })
    this.#enterMatch()
  }
}

const waiting = (atMs: number): Press => ({
  atMs,
  method: '/wait',
  key: 'none',
  x: 0,
  y: 0,
  approach: [],
  isAltered: false,
  isAdded: false,
})
