import { link, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createDirectoryLake } from '../src/index.ts'
import { lakeConformance } from './lake-conformance.ts'

const directories: string[] = []
const newDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'directory-lake-'))
  directories.push(directory)
  return directory
}
afterAll(() => Promise.all(directories.map(directory => rm(directory, { recursive: true, force: true }))))

lakeConformance('directory', async () => createDirectoryLake({ directory: await newDirectory() }))

describe('directory lake', () => {
  it('finishes a rename that was cut off between its two halves', async () => {
    const directory = await newDirectory()
    const lake = createDirectoryLake({ directory })
    await lake.write('_tmp/file', Buffer.from('x'))
    await link(join(directory, '_tmp/file'), join(directory, 'final'))
    expect(await lake.rename('_tmp/file', 'final')).toBe('renamed')
    expect(await lake.stat('_tmp/file')).toBeNull()
    expect(String(await lake.read('final'))).toBe('x')
  })

  it('does not write through a second name of a file', async () => {
    const directory = await newDirectory()
    const lake = createDirectoryLake({ directory })
    await lake.write('_tmp/file', Buffer.from('final content'))
    await link(join(directory, '_tmp/file'), join(directory, 'final'))
    await lake.write('_tmp/file', Buffer.from('other'))
    expect(String(await lake.read('final'))).toBe('final content')
  })
})
