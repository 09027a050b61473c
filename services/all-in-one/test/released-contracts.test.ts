import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PublishedContracts, publishedForm } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contractProblems, releaseContracts } from '../src/reference/released-contracts.ts'

const contracts = fileURLToPath(new URL('../../../packages/contracts', import.meta.url))
const field = (type: string) => ({ required: true, types: [type], rules: {} })
const topic = (fields: PublishedContracts['topics'][string]['fields']): PublishedContracts['topics'][string] => ({
  key: 'id',
  eventTime: 'at',
  partitions: 1,
  cleanup: 'delete',
  maxMessageBytes: 1024,
  sinks: { lake: false, mart: [] },
  fields,
})
const old = { id: field('string'), level: field('number') }
const withTopics = (topics: PublishedContracts['topics']): PublishedContracts => ({ topics, tables: {} })
const released = withTopics({ 'old.raw': topic(old) })
/** The released topic with another type, and its sentence. */
const broken = withTopics({ 'old.raw': topic({ ...old, level: field('string') }) })
const SENTENCE = 'old.raw.level was number and is string'

let folder: string
const allow = (...sentences: string[]): void => {
  const list = sentences.map(sentence => ({ break: sentence, why: 'levels have names now' }))
  writeFileSync(path.join(folder, 'allowed-breaks.json'), JSON.stringify(list))
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'released-'))
  releaseContracts(folder, released)
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the contracts', () => {
  it('keep what was released, but for the breaks that are allowed by name', () => {
    expect(contractProblems(contracts, publishedForm(catalog))).toEqual([])
  })
})

describe('contracts since the last release', () => {
  it('may have a new topic, in another shape each time', () => {
    for (const type of ['number', 'string'])
      expect(
        contractProblems(folder, withTopics({ ...released.topics, 'new.raw': topic({ size: field(type) }) })),
      ).toEqual([])
  })

  it('may not break what was released', () => {
    expect(contractProblems(folder, broken)).toEqual([`breaks the last release: ${SENTENCE}`])
  })

  it('may break what is allowed by name, and nothing else', () => {
    allow(SENTENCE)
    expect(contractProblems(folder, broken)).toEqual([])
    expect(contractProblems(folder, withTopics({}))).toEqual([
      'breaks the last release: topic old.raw is gone',
      `allowed, but does not occur: ${SENTENCE}`,
    ])
  })

  it('do not keep an allowance that nothing needs', () => {
    allow(SENTENCE)
    expect(contractProblems(folder, released)).toEqual([`allowed, but does not occur: ${SENTENCE}`])
  })

  it('need a reason for each allowance', () => {
    writeFileSync(path.join(folder, 'allowed-breaks.json'), JSON.stringify([{ break: SENTENCE, why: '' }]))
    expect(() => contractProblems(folder, broken)).toThrow('why')
  })

  it('are protected once they are released, and the allowances of that release are over', () => {
    allow(SENTENCE)
    releaseContracts(folder, broken)
    expect(JSON.parse(readFileSync(path.join(folder, 'allowed-breaks.json'), 'utf8'))).toEqual([])
    expect(contractProblems(folder, broken)).toEqual([])
    expect(contractProblems(folder, released)).toEqual([
      'breaks the last release: old.raw.level was string and is number',
    ])
  })
})
