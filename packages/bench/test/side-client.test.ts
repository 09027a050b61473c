import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { SideClient } from '../src/side-client.ts'

const FILE = fileURLToPath(new URL('broken-row.ts', import.meta.url))

async function open(which: 'ours' | 'other', setting: string): Promise<SideClient> {
  const side = new SideClient(FILE, which)
  onTestFinished(() => side.close())
  await side.open({ addresses: { kafka: null, hdfs: null, cassandra: null }, directory: '', setting })
  return side
}

it('keeps a side in one process from round to round, and ends it', async () => {
  const side = await open('ours', '')
  expect([await side.round(), await side.round()]).toEqual([1, 2])
  await side.close()
  await side.close()
})

it.each([
  ['open', 'open of side "other": Error: it cannot be opened'],
  ['throw', 'round of side "other": Error: it broke'],
  ['exit', 'round of side "other": it ended with 7'],
])('says what went wrong in a side that breaks (%s)', async (setting, message) => {
  await expect(open('other', setting).then(side => side.round())).rejects.toThrow(message)
})
