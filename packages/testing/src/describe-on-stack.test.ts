import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { missing } from './describe-on-stack.ts'

const FIXTURE = fileURLToPath(new URL('../test/fixtures/no-stack', import.meta.url))
const VITEST = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      failureMessages: string[]
    }[]
  }[]
}

/** Runs a suite that needs servers on a "machine" without any. */
async function runWithout(variables: Record<string, string>) {
  const { CI: _, ...inherited } = process.env
  const folder = mkdtempSync(path.join(os.tmpdir(), 'millrace-no-stack-'))
  try {
    const report = path.join(folder, 'report.json')
    const child = spawn(process.execPath, [VITEST, 'run', '--configLoader=native', `--outputFile=${report}`], {
      ...{ cwd: FIXTURE, stdio: 'ignore' },
      env: { ...inherited, ...variables },
    })
    await once(child, 'exit')
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
    return testResults.flatMap(result => result.assertionResults)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('describeOnStack', () => {
  it('counts as skipped where there are no servers, and runs nothing of the suite', async () => {
    expect(await runWithout({})).toMatchObject([{ fullName: 'a suite needs kafka, hdfs', status: 'skipped' }])
  })

  it('fails with the reason where CI=true', async () => {
    expect(await runWithout({ CI: 'true' })).toMatchObject([
      { status: 'failed', failureMessages: [expect.stringContaining('may not be skipped: no Java here')] },
    ])
  })
})

describe('missing', () => {
  const stack = {
    ...{ directory: '/stack', way: 'java' as const, kafka: { brokers: ['127.0.0.1:1'] }, hdfs: null },
    cassandra: { contactPoints: ['127.0.0.1'], port: 2, localDataCenter: 'datacenter1' },
  }

  it('is nothing where all that is needed is there', () => {
    expect(missing(stack, ['kafka', 'cassandra'])).toBeNull()
  })

  it('names what the stack lacks, or why there is none', () => {
    expect(missing(stack, ['kafka', 'hdfs'])).toBe('the stack has no hdfs')
    expect(missing({ unavailable: 'no Java here' }, [])).toBe('no Java here')
    expect(missing(undefined, [])).toContain('integration project')
  })
})
