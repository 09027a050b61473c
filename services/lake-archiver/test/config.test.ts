import { lakeFormats } from '@millrace/contracts'
import { ConfigError, loadConfig } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { archiverEnv, topicFormats } from '../src/config.ts'

const formatsOf = (text?: string): ReadonlyMap<string, string> => {
  const { LAKE_TOPIC_FORMAT } = archiverEnv
  const set = text === undefined ? {} : { MILLRACE_LAKE_TOPIC_FORMAT: text }
  return topicFormats(loadConfig(set, { LAKE_TOPIC_FORMAT }).LAKE_TOPIC_FORMAT)
}

function problemOf(text: string): string {
  try {
    formatsOf(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('The setting was taken.')
}

describe('the formats of topics', () => {
  it('are those that are named, of every format', () => {
    expect(formatsOf().size).toBe(0)
    for (const format of lakeFormats) expect([...formatsOf(`lol.raw=${format}`)]).toEqual([['lol.raw', format]])
    expect(formatsOf('lol.raw=daily-ndjson, lol.truth = parquet').size).toBe(2)
  })

  it.each(['lol.raw', 'lol.raw=csv', '=parquet', 'lol.raw=parquet=parquet'])('refuse %s', entry => {
    const problem = problemOf(entry)
    expect(problem).toContain('MILLRACE_LAKE_TOPIC_FORMAT')
    expect(problem).toContain('such as lol.raw=daily-ndjson, each one of parquet, ndjson.zst, daily-ndjson')
    expect(problem).toContain(`got "${entry}"`)
  })

  it('refuse a topic that the lake does not have, with the nearest name', () => {
    expect(problemOf('lol.rwa=parquet')).toContain('lol.rwa is not known here. Did you mean lol.raw?')
    expect(problemOf('lol.scores=parquet')).toContain('MILLRACE_LAKE_TOPIC_FORMAT: lol.scores is not known here.')
  })
})
