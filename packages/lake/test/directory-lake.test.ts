import { link, mkdtemp, rm, symlink } from 'node:fs/promises'
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

  it('says in a coded, retryable error that the disk is full and leaves no part of the file', async () => {
    const directory = await newDirectory()
    const lake = createDirectoryLake({ directory })
    // Every write to /dev/full fails with ENOSPC; the source is a link to an endless file that cannot be copied there.
    await symlink('/dev/full', join(directory, 'full'))
    const { fromFileSystem } = await import('../src/errors.ts')
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    expect(fromFileSystem(full, { where: lake.location, operation: 'write', path: 'p' })).toMatchObject({
      code: 'disk_full',
      retryable: true,
      message: expect.stringContaining(directory),
    })
  })
})
