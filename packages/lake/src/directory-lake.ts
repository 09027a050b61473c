import { constants } from 'node:fs'
import { access, copyFile, link, lstat, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { makeDirectory } from '@millrace/runtime'
import { fromFileSystem, fsCode, lakeError } from './errors.ts'
import type { Lake, LakeEntry } from './lake.ts'
import { compareNames, pathSegments } from './lake-path.ts'

/**
 * A lake in a local directory. Acknowledged writes survive kill -9, but not a power cut: nothing is synced to the disk.
 * A rename is a hard link and an unlink, because a link never replaces a file; the file system must support hard links.
 */
export function createDirectoryLake({ directory }: { readonly directory: string }): Lake {
  const root = resolve(directory)
  const location = `directory ${root}`
  const local = (path: string): string => join(root, ...pathSegments(path))

  async function guarded<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw fromFileSystem(error, { where: location, operation, path })
    }
  }

  async function entryOf(name: string, file: string): Promise<LakeEntry | null> {
    try {
      const found = await stat(file)
      const kind = found.isDirectory() ? 'folder' : 'file'
      return { name, kind, bytes: kind === 'file' ? found.size : 0, modifiedMs: Math.floor(found.mtimeMs) }
    } catch (error) {
      if (fsCode(error) === 'ENOENT' || fsCode(error) === 'ENOTDIR') return null
      throw error
    }
  }

  async function requireFile(path: string, file: string): Promise<void> {
    if ((await entryOf('', file))?.kind === 'folder')
      throw lakeError('path_refused', { path, reason: 'it is a folder' })
  }

  async function sameFile(a: string, b: string): Promise<boolean> {
    try {
      const [first, second] = await Promise.all([lstat(a), lstat(b)])
      return first.ino === second.ino && first.dev === second.dev
    } catch (error) {
      if (fsCode(error) === 'ENOENT') return false
      throw error
    }
  }

  async function linkAndUnlink(
    source: string,
    target: string,
  ): Promise<'renamed' | 'target-exists' | 'source-missing'> {
    await makeDirectory(dirname(target))
    try {
      await link(source, target)
    } catch (error) {
      if (fsCode(error) === 'ENOENT') return (await entryOf('', target)) ? 'target-exists' : 'source-missing'
      if (fsCode(error) !== 'EEXIST') throw error
      // Two names of one file: an earlier rename stopped between link and unlink.
      if (!(await sameFile(source, target))) return 'target-exists'
    }
    await rm(source, { force: true })
    return 'renamed'
  }

  return {
    location,
    write: (path, source) =>
      guarded('write', path, async () => {
        const target = local(path)
        await requireFile(path, target)
        await makeDirectory(dirname(target))
        // A new inode: the old one may already have a final name too.
        await rm(target, { force: true })
        try {
          if (Buffer.isBuffer(source)) {
            const handle = await open(target, 'wx')
            try {
              await handle.writeFile(source)
            } finally {
              await handle.close()
            }
          } else {
            await copyFile(source.localFile, target, constants.COPYFILE_EXCL)
          }
        } catch (error) {
          await rm(target, { force: true })
          throw error
        }
        const expected = Buffer.isBuffer(source) ? source.length : (await stat(source.localFile)).size
        const bytes = (await stat(target)).size
        if (bytes !== expected) throw lakeError('write_incomplete', { where: location, path, got: bytes, expected })
        return { bytes }
      }),
    rename: (from, to) =>
      guarded('rename', from, async () => {
        const source = local(from)
        const target = local(to)
        await requireFile(from, source)
        return linkAndUnlink(source, target)
      }),
    read: path => guarded('read', path, () => readFile(local(path))),
    download: (path, localFile) =>
      guarded('download', path, async () => {
        try {
          await copyFile(local(path), localFile)
        } catch (error) {
          await rm(localFile, { force: true })
          throw error
        }
      }),
    list: (folder, { after, limit = Number.POSITIVE_INFINITY } = {}) =>
      guarded('list', folder, async () => {
        const directoryPath = local(folder)
        let names: string[]
        try {
          names = await readdir(directoryPath)
        } catch (error) {
          if (fsCode(error) === 'ENOENT' || fsCode(error) === 'ENOTDIR') return []
          throw error
        }
        const entries: LakeEntry[] = []
        for (const name of names.sort(compareNames)) {
          if (entries.length >= limit) break
          if (after !== undefined && compareNames(name, after) <= 0) continue
          const entry = await entryOf(name, join(directoryPath, name))
          if (entry) entries.push(entry)
        }
        return entries
      }),
    stat: path =>
      guarded('stat', path, () => {
        const segments = pathSegments(path)
        return entryOf(segments.at(-1)!, join(root, ...segments))
      }),
    remove: path =>
      guarded('remove', path, async () => {
        const target = local(path)
        await requireFile(path, target)
        try {
          await unlink(target)
          return true
        } catch (error) {
          if (fsCode(error) === 'ENOENT' || fsCode(error) === 'ENOTDIR') return false
          throw error
        }
      }),
    ping: () =>
      guarded('ping', '/', async () => {
        await makeDirectory(root)
        await access(root, constants.R_OK | constants.W_OK | constants.X_OK)
      }),
    close: async () => {},
  }
}
