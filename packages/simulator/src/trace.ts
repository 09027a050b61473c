import { appendFileSync, writeFileSync } from 'node:fs'

const LINES_AT_ONCE = 1_000

/** The steps of a run as a hash; two runs of one seed have the same. */
export class Trace {
  readonly #names = new Map<string, number>()
  readonly #file: string | undefined
  #lines: string[] = []
  #a = 0x811c9dc5
  #b = 0x9e3779b9
  steps = 0

  /** @param file takes a line for each step */
  constructor(file?: string) {
    this.#file = file
    if (file !== undefined) writeFileSync(file, '')
  }

  add(nowMs: number, owner: string, name: string): void {
    this.steps++
    this.#mix(nowMs | 0)
    this.#mix(this.#numberOf(owner))
    this.#mix(this.#numberOf(name))
    if (this.#file === undefined) return
    this.#lines.push(`${nowMs} ${owner} ${name}\n`)
    if (this.#lines.length >= LINES_AT_ONCE) this.flush()
  }

  #numberOf(name: string): number {
    let number = this.#names.get(name)
    if (number === undefined) {
      number = this.#names.size
      this.#names.set(name, number)
    }
    return number
  }

  /** FNV-1a and a multiplicative hash of 32 bits each. */
  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193)
    this.#b = Math.imul(this.#b ^ (value + this.#a), 0x85ebca6b)
    this.#b ^= this.#b >>> 13
  }

  flush(): void {
    if (this.#file !== undefined) appendFileSync(this.#file, this.#lines.join(''))
    this.#lines = []
  }

  /** 16 hex digits. */
  get hash(): string {
    return [this.#a, this.#b].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
