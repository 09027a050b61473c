import { FlatReader } from '@millrace/contracts'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { lolCurated, lolRaw } from './contract.ts'
import { rawMove } from './curate/raw-move.ts'

const move = rawMove({ x: 277.25, y: -351, roomID: '0b9c1f86', createRoomDate: '2024-03-24T11:25:29.001Z' })
const curated = {
  ...move,
  roomDay: '2024-03-24',
  'x+y': -73.75,
  buyItem: 1,
  displacement: null,
  elapsedMs: null,
  speed: 0.5,
}
const takes = (schema: z.ZodObject, text: string): boolean => new FlatReader(schema).read(Buffer.from(text))

describe('events of League of Legends', () => {
  it('are read without parsing them, as JSON.stringify and as Python writes them', () => {
    expect(takes(lolRaw, JSON.stringify(move))).toBe(true)
    expect(takes(lolCurated, JSON.stringify(curated))).toBe(true)
    const path: [number, number, number][] = [
      [437, -121, 30.5],
      [62, -2, 0],
    ]
    expect(takes(lolRaw, JSON.stringify({ ...move, path }))).toBe(true)
    expect(takes(lolCurated, JSON.stringify({ ...curated, path }))).toBe(true)
    const byPython = '"path": [[437, -121, 30.5], [62, -2, 0]]'
    expect(takes(lolRaw, JSON.stringify(move).replace('}', `, ${byPython}}`))).toBe(true)
    expect(takes(lolRaw, JSON.stringify(move).replaceAll('":', '": ').replaceAll(',"', ', "'))).toBe(true)
  })
})
