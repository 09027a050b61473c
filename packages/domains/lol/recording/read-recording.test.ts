import { describe, expect, it } from 'vitest'
import { approachFrom, isRecordingHeader, readRecording } from './index.ts'

const csv = (header: string, ...rows: string[]) => [header, ...rows].join('\n')

describe('readRecording', () => {
  it.each([
    ['t,x,y,pressed', '0.5,1,2,0', '0.516,3,4,1', 's'],
    ['T_ms,X,Y,Pressed', '500,1,2,0', '516,3,4,1', 'ms'],
    ['t_seconds,x_px,y_px,action', '0.5,1,2,0', '0.516,3,4,2', 's'],
    ['\uFEFF"t","x","y","pressed","other"', '"500","1","2","0",a', '516,3,4,5,', 'ms'],
  ])('reads %s', (header, first, second, unit) => {
    const { samples, timeUnit, problems } = readRecording(csv(header, first, second, ''))
    expect(timeUnit).toBe(unit)
    expect(problems).toEqual([])
    expect(samples).toEqual([
      { line: 2, timeMs: 500, x: 1, y: 2, isAction: false },
      { line: 3, timeMs: expect.closeTo(516), x: 3, y: 4, isAction: true },
    ])
  })

  it('takes a press for one action however long it is held, and each line of a column of actions for one', () => {
    const states = [0, 1, 1, 3, 0, 0, 1, 0]
    const rows = states.map((state, n) => `${n * 16},0,0,${state}`)
    const actionsOf = (header: string) =>
      readRecording(csv(header, ...rows)).samples.flatMap(({ isAction }, n) => (isAction ? [n] : []))
    expect(actionsOf('t,x,y,pressed')).toEqual([1, 6])
    expect(actionsOf('t,x,y,action')).toEqual([1, 2, 3, 6])
  })

  it('names the lines that it leaves out', () => {
    const { samples, problems } = readRecording(csv('t,x,y,pressed', '1,2,3,0', '2,,3,0', 'x', '3,4,5,yes', '4,5,6,1'))
    expect(samples.map(({ line }) => line)).toEqual([2, 6])
    expect(problems).toEqual([
      { line: 3, reason: 'x: expected a number' },
      { line: 4, reason: 't: expected a number' },
      { line: 5, reason: 'pressed: expected a number' },
    ])
  })

  it('says where actions are not known, and what is no recording', () => {
    expect(readRecording('t,x,y\n1,2,3').actionColumn).toBeNull()
    expect(isRecordingHeader('a,b')).toBe(false)
    expect(() => readRecording('a,b\n1,2')).toThrow('expected a header with t, x, y')
  })
})

describe('approachFrom', () => {
  const at = (timeMs: number, x: number) => ({ line: 0, timeMs, x, y: 0, isAction: false })

  it('takes the samples of the last half second, from the action', () => {
    const samples = [0, 100, 200, 400, 450, 500, 600].map(timeMs => at(timeMs, timeMs))
    expect(approachFrom(samples, 6)).toEqual([
      [500, -500, 0],
      [400, -400, 0],
      [200, -200, 0],
      [150, -150, 0],
      [100, -100, 0],
    ])
  })

  it('leaves out samples evenly where they are too many, and keeps those next to the action', () => {
    const samples = Array.from({ length: 600 }, (_, n) => at(n, n))
    const approach = approachFrom(samples, 599)
    expect(approach.length).toBeLessThanOrEqual(32)
    expect(approach.at(-1)).toEqual([1, -1, 0])
    expect(new Set(approach.slice(1).map(([ms], n) => approach[n]![0] - ms)).size).toBe(1)
  })

  it('takes a gap for a rest only where the pointer is where it was', () => {
    expect(approachFrom([at(0, 0), at(300, 100), at(500, 100.5), at(520, 200)], 3)).toHaveLength(6)
    expect(approachFrom([at(0, 0), at(300, 100), at(520, 200)], 2)).toHaveLength(2)
  })

  it('ends where the time jumps back', () => {
    expect(approachFrom([at(900, 0), at(100, 1), at(120, 2)], 2)).toEqual([[20, -1, 0]])
  })
})
