import { MATCH_MS, type Method } from './seed-profile.ts'

/** Parts of the JSON of an action: joining a few flat pieces is most of the cost of a record. */
export const METHOD_PART: Readonly<Record<Method, string>> = {
  '/move': '","method":"/move","ingametime":"',
  '/wait': '","method":"/wait","ingametime":"',
  '/getItem': '","method":"/getItem","ingametime":"',
}

const written = (second: number): string => `${Math.floor(second / 60)}:${second % 60}`
const GAME_TIMES = Array.from({ length: MATCH_MS.max / 1000 + 1 }, (_, second) => written(second))

/** Minutes and seconds without leading zeros, as clients write them. */
export function gameTime(sinceStartMs: number): string {
  const second = Math.floor(sinceStartMs / 1000)
  return GAME_TIMES[second] ?? written(second)
}

/** The same text in one piece: V8 keeps what is joined of pieces as a tree, which would be walked for every record. */
export const inOnePiece = (text: string): string => Buffer.from(text).toString()

export const deathPart = (deaths: number): string => inOnePiece(`,"deathCount":${deaths},"id":"`)

export const ipPart = (ip: string): string => inOnePiece(`","ip":${JSON.stringify(ip)},"x":`)
