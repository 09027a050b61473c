import { ConfigError, loadConfig } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { martRetentionEnv, resolveRetention } from '../src/index.ts'
import { entries, shifts, totals, visits } from './sample-tables.ts'

const DAY_MS = 86_400_000
const tables = [visits, shifts, entries, { ...totals, rowTime: null }]

function resolved(text: string): Readonly<Record<string, number>> {
  const { MART_RETENTION = new Map() } = loadConfig({ MILLRACE_MART_RETENTION: text }, martRetentionEnv)
  return Object.fromEntries(resolveRetention(tables, MART_RETENTION))
}

function problemsOf(text: string): string {
  try {
    resolved(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('The setting was taken.')
}

describe('the setting of retention', () => {
  it('names tables, or all others whose rows have a time', () => {
    expect(resolved('visits=30d')).toEqual({ visits: 30 * DAY_MS })
    expect(resolved('*=400d, visits = 36h')).toEqual({ visits: 1.5 * DAY_MS, shifts: 400 * DAY_MS })
    expect(resolved('visits=1s,shifts=7300d')).toEqual({ visits: 1_000, shifts: 7_300 * DAY_MS })
  })

  it.each([
    'visits',
    'visits=',
    '=3d',
    'visits=30',
    'visits=-1d',
    'visits=soon',
    'visits=0d',
    'visits=999ms',
    'visits=7301d',
  ])('refuses %s', entry => {
    const problem = problemsOf(`shifts=3d,${entry}`)
    expect(problem).toContain('MILLRACE_MART_RETENTION')
    expect(problem).toContain('expected retention by table from 1s to 7300d, such as lol_analysis=30d,*=400d')
    expect(problem).toContain(`got "${entry}"`)
  })

  it.each(['*', 'visits'])('refuses %s twice', name => {
    expect(problemsOf(`${name}=3d,${name}=4d`)).toContain(`got ${name} twice`)
  })

  it('refuses tables that there are not, with the nearest name, and those whose rows have no time', () => {
    const problem = problemsOf('visit=3d,totals=3d,elsewhere=1d')
    expect(problem).toContain('visit is not known here. Did you mean visits?')
    expect(problem).toContain('elsewhere is not known here. Known: visits, shifts, entries, totals, *.')
    expect(problem).toContain(
      'totals cannot have a retention, because its rows have no time: expected some of visits, shifts',
    )
  })
})
