import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Lake } from '../src/index.ts'

const MIB = 1 << 20
const names = (entries: readonly { name: string }[]): string[] => entries.map(entry => entry.name)

/** What every lake promises; run against each adapter. `open` gives an empty lake. */
export function lakeConformance(adapter: string, open: () => Promise<Lake>): void {
  describe(`${adapter}: lake conformance`, () => {
    let lake: Lake
    let scratch: string
    beforeAll(async () => {
      lake = await open()
      scratch = await mkdtemp(join(tmpdir(), 'lake-conformance-'))
    })
    afterAll(async () => {
      await lake?.close()
      if (scratch) await rm(scratch, { recursive: true, force: true })
    })

    it('answers a ping and says where it is', async () => {
      await lake.ping()
      expect(lake.location).not.toBe('')
    })

    it('gives back the bytes that were written, whatever the name', async () => {
      const bytes = Buffer.from('{"champion":"아리 😀"}\n')
      for (const name of [
        'plain.json',
        'with space',
        '100%25 a+b&c=d?e#f;g',
        '한글 이름.json',
        'éclair',
        'it\'s "q"',
      ]) {
        const path = `names/폴더 1/${name}`
        expect(await lake.write(path, bytes)).toEqual({ bytes: bytes.length })
        expect(await lake.read(path)).toEqual(bytes)
        expect(await lake.stat(path)).toMatchObject({ name, kind: 'file', bytes: bytes.length })
        expect(await lake.rename(path, `renamed/폴더 2/${name}`)).toBe('renamed')
        expect(await lake.read(`renamed/폴더 2/${name}`)).toEqual(bytes)
        expect(await lake.stat(path)).toBeNull()
        expect(names(await lake.list('renamed/폴더 2'))).toContain(name)
        expect(await lake.remove(`renamed/폴더 2/${name}`)).toBe(true)
      }
    })

    it('writes an empty file', async () => {
      expect(await lake.write('empty/file', Buffer.alloc(0))).toEqual({ bytes: 0 })
      expect(await lake.read('empty/file')).toEqual(Buffer.alloc(0))
    })

    it('replaces a file on write', async () => {
      await lake.write('replace/file', Buffer.from('a longer first text'))
      await lake.write('replace/file', Buffer.from('second'))
      expect(String(await lake.read('replace/file'))).toBe('second')
      expect(names(await lake.list('replace'))).toEqual(['file'])
    })

    it('carries a big file there and back by local files', async () => {
      const bytes = Buffer.alloc(33 * MIB + 7)
      for (let at = 0; at < bytes.length; at += 4)
        bytes.writeUInt32LE((at * 2654435761) >>> 0, Math.min(at, bytes.length - 4))
      const from = join(scratch, 'big-from')
      await writeFile(from, bytes)
      expect(await lake.write('big/file', { localFile: from })).toEqual({ bytes: bytes.length })
      await lake.download('big/file', join(scratch, 'big-to'))
      expect(bytes.equals(await readFile(join(scratch, 'big-to')))).toBe(true)
    })

    it('refuses a local file that is not there and leaves nothing', async () => {
      await expect(lake.write('absent/file', { localFile: join(scratch, 'absent') })).rejects.toMatchObject({
        code: 'not_found',
      })
      expect(await lake.stat('absent/file')).toBeNull()
    })

    it('never replaces a file on rename', async () => {
      await lake.write('keep/a', Buffer.from('a'))
      await lake.write('keep/b', Buffer.from('b'))
      expect(await lake.rename('keep/a', 'keep/b')).toBe('target-exists')
      expect(String(await lake.read('keep/b'))).toBe('b')
      expect(String(await lake.read('keep/a'))).toBe('a')
    })

    it('says when the source of a rename is missing, after a look at the target', async () => {
      await lake.write('missing/there', Buffer.from('x'))
      expect(await lake.rename('missing/not', 'missing/new')).toBe('source-missing')
      expect(await lake.rename('missing/not', 'missing/there')).toBe('target-exists')
      expect(await lake.stat('missing/new')).toBeNull()
    })

    it('lets exactly one of many renames onto one target win', async () => {
      for (let round = 0; round < 3; round++) {
        const sources = Array.from({ length: 8 }, (_, index) => `race/${round}/from-${index}`)
        for (const source of sources) await lake.write(source, Buffer.from(source))
        const outcomes = await Promise.all(sources.map(source => lake.rename(source, `race/${round}/target`)))
        const winner = outcomes.indexOf('renamed')
        expect(outcomes.filter(outcome => outcome === 'renamed')).toHaveLength(1)
        expect(outcomes.filter(outcome => outcome === 'target-exists')).toHaveLength(7)
        expect(String(await lake.read(`race/${round}/target`))).toBe(sources[winner])
        expect(await lake.stat(sources[winner]!)).toBeNull()
      }
    })

    it('lists names in order, pages with after and limit, and has nothing in a folder that is not there', async () => {
      const ascii = ['b', 'a', 'B', 'a b', '10', '9', '%41']
      const others = ['가', '나', '\u{1F600}', '\uFF21']
      for (const name of [...ascii, ...others]) await lake.write(`list/${name}`, Buffer.from(name))
      await lake.write('list/folder/inside', Buffer.from('x'))
      const all = names(await lake.list('list'))
      const sorted = [...ascii, 'folder'].sort()
      expect(all.filter(name => !others.includes(name))).toEqual(sorted)
      expect([...all].sort()).toEqual([...ascii, ...others, 'folder'].sort())
      const paged: string[] = []
      for (;;) {
        const after = paged.at(-1)
        const page = await lake.list('list', { limit: 3, ...(after === undefined ? {} : { after }) })
        expect(page.length).toBeLessThanOrEqual(3)
        if (page.length === 0) break
        paged.push(...names(page))
      }
      expect(paged).toEqual(all)
      const afterAbsent = names(await lake.list('list', { after: 'aa' }))
      expect(afterAbsent.filter(name => !others.includes(name))).toEqual(sorted.slice(sorted.indexOf('b')))
      expect((await lake.list('list')).find(entry => entry.name === 'folder')).toMatchObject({ kind: 'folder' })
      expect(await lake.list('nowhere/at/all')).toEqual([])
      expect(await lake.list('list/a')).toEqual([])
    })

    it('tells what is there, when it was written, and what is not', async () => {
      const before = Date.now()
      await lake.write('stat/file', Buffer.from('12345'))
      const entry = await lake.stat('stat/file')
      expect(entry).toMatchObject({ name: 'file', kind: 'file', bytes: 5 })
      expect(Math.abs(entry!.modifiedMs - before)).toBeLessThan(600_000)
      expect(await lake.stat('stat')).toMatchObject({ name: 'stat', kind: 'folder' })
      expect(await lake.stat('stat/none')).toBeNull()
    })

    it('removes files only, and says when there was none', async () => {
      await lake.write('remove/file', Buffer.from('x'))
      expect(await lake.remove('remove/file')).toBe(true)
      expect(await lake.remove('remove/file')).toBe(false)
      await lake.write('remove/folder/file', Buffer.from('x'))
      await expect(lake.remove('remove/folder')).rejects.toMatchObject({ code: 'path_refused', retryable: false })
      expect(await lake.stat('remove/folder/file')).not.toBeNull()
    })

    it('says not_found for a read of nothing and leaves no local file', async () => {
      await expect(lake.read('no/such')).rejects.toMatchObject({ code: 'not_found', retryable: false })
      await expect(lake.download('no/such', join(scratch, 'none'))).rejects.toMatchObject({ code: 'not_found' })
      await expect(stat(join(scratch, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
    })

    it('refuses paths that leave the root', async () => {
      for (const path of ['../up', 'a/../../up', '/absolute', 'a//b', 'a/./b', '', 'a/', 'nul\0', '\ud800']) {
        for (const call of [
          () => lake.write(path, Buffer.from('x')),
          () => lake.read(path),
          () => lake.stat(path),
          () => lake.remove(path),
          () => lake.list(path),
          () => lake.rename('a', path),
          () => lake.rename(path, 'a'),
        ]) {
          await expect((async () => call())(), JSON.stringify(path)).rejects.toMatchObject({ code: 'path_refused' })
        }
      }
    })
  })
}
