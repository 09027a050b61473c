import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PeerProcess } from '../src/inputs/peer-process.ts'

/** A peer that is a line of JavaScript: `ask` is what it was told. */
function peer(onAsk: string): PeerProcess {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'peer-'))
  const program = `
    require('node:readline').createInterface({ input: process.stdin }).on('line', line => { const ask = JSON.parse(line); ${onAsk} })`
  const process_ = new PeerProcess({ command: process.execPath, arguments: ['-e', program] }, directory)
  onTestFinished(async () => {
    await process_.close()
    rmSync(directory, { recursive: true })
  })
  return process_
}

it('answers every question with a line, and ends with its input', async () => {
  const one = peer('console.log(JSON.stringify({ perSecond: ask.records * 2 }))')
  expect(await one.ask({ ask: 'curate', records: 21 })).toEqual({ perSecond: 42 })
  expect(await one.ask({ ask: 'curate', records: 4 })).toEqual({ perSecond: 8 })
  await one.close()
  await expect(one.ask({ ask: 'curate' })).rejects.toThrow('The peer ended')
})

it.each([
  ['says so', 'console.log(JSON.stringify({ error: "no such topic" }))', 'The peer failed: no such topic'],
  ['ends', 'console.error("out of memory"); process.exit(3)', /The peer ended:[\s\S]*out of memory/],
  ['babbles', 'console.log("WARN something")', 'Expected a line of JSON from the peer, got: WARN something'],
])('a failure is told when the peer %s', async (_how, onAsk, message) => {
  await expect(peer(onAsk).ask({ ask: 'curate' })).rejects.toThrow(message)
})
