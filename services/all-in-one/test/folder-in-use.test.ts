import { existsSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { Readable } from 'node:stream'
import { createLogger, systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { emptyDirectory, takeDirectory } from '../src/demo.ts'
import { captureTerminal } from './captured-terminal.ts'

const MARKER = 'millrace-run.json'
const logger = createLogger('test', { level: 'fatal' })

async function folder(): Promise<string> {
  const directory = temporaryDirectory('folder-in-use')
  return directory
}

function begin(...args: string[]) {
  const terminal = captureTerminal()
  const abort = new AbortController()
  const done = runCli(args, {
    terminal,
    stdin: Readable.from([]),
    signal: abort.signal,
    environment: {},
    clock: systemClock,
  })
  return { terminal, stop: () => abort.abort(), done }
}

async function run(...args: string[]) {
  const { terminal, done } = begin(...args)
  return { code: await done, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

async function beginGateway(directory: string) {
  const gateway = begin('gateway', '--port', '0', '--data', directory)
  onTestFinished(async () => {
    gateway.stop()
    await gateway.done
  })
  await vi.waitFor(() => expect(gateway.terminal.said.join('\n')).toContain('Ctrl-C stops it.'), {
    timeout: 60_000,
    interval: 20,
  })
  const [url = ''] = /http:\S+?(?=,)/.exec(gateway.terminal.said.join('\n')) ?? []
  return { ...gateway, url, key: gateway.terminal.printed[0]! }
}

describe('a folder in use', () => {
  it('is left alone by every command that writes into one', async () => {
    const directory = await folder()
    await writeFile(path.join(directory, MARKER), '{}')
    const { url, key } = await beginGateway(directory)
    const before = (await readdir(directory)).sort()
    for (const args of [['demo', '--players', '2', '--duration', '1m'], ['gateway', '--port', '0'], ['reconcile']]) {
      const { code, err } = await run(...args, '--data', directory)
      expect({ args, code }).toEqual({ args, code: 1 })
      expect(err).toContain(`${directory} is in use by process ${process.pid}`)
    }
    expect((await readdir(directory)).sort()).toEqual(before)
    const answer = await fetch(`${url}/v1/events/lol`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '[]',
    })
    expect(answer.status).toBeLessThan(500)
  })

  it('is also one whose log alone is locked, as by version 0.1', async () => {
    const directory = await folder()
    await mkdir(path.join(directory, 'log'))
    await writeFile(path.join(directory, MARKER), '{}')
    await writeFile(path.join(directory, 'log', 'lock'), JSON.stringify({ pid: process.ppid, started: null }))
    const { code, err } = await run('demo', '--data', directory)
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`in use by process ${process.ppid}`) })
    expect(existsSync(path.join(directory, 'log', 'lock'))).toBe(true)
  })

  it('can be taken after the run, and by one run at a time', async () => {
    const directory = path.join(await folder(), 'new')
    const release = await takeDirectory(directory, logger)
    await expect(takeDirectory(directory, logger)).rejects.toMatchObject({ code: 'directory_in_use' })
    await release()
    await (await takeDirectory(directory, logger))()
  })
})

describe('a folder that cannot be used', () => {
  it.each(existsSync('/proc/self') ? ['demo', 'gateway'] : [])(
    'is named by %s, with the reason, where the system makes the files',
    async command => {
      expect(await run(command, '--data', '/proc/data/deep')).toMatchObject({
        code: 1,
        err: '/proc/data/deep cannot be used: there is no such file or folder (ENOENT). Choose a directory in which this user may write.',
      })
    },
  )
})

describe('emptying a folder', () => {
  it('removes the content of an earlier run and keeps the folder itself', async () => {
    const directory = await folder()
    const { ino } = await stat(directory)
    await (await takeDirectory(directory, logger))()
    await emptyDirectory(directory)
    await mkdir(path.join(directory, 'log/topics'), { recursive: true })
    await writeFile(path.join(directory, 'mart.db'), 'x')
    const release = await takeDirectory(directory, logger)
    await emptyDirectory(directory)
    expect((await readdir(directory)).sort()).toEqual(['lock', MARKER])
    expect((await stat(directory)).ino).toBe(ino)
    await release()
  })

  it('refuses a folder that no run has made', async () => {
    const directory = await folder()
    await writeFile(path.join(directory, 'thesis.txt'), 'x')
    await expect(takeDirectory(directory, logger)).rejects.toThrow('was not made by a demo')
    expect(await readdir(directory)).toEqual(['thesis.txt'])
  })
})

describe('a first start that fails', () => {
  it('leaves no key that nobody has seen', async () => {
    const directory = path.join(await folder(), 'data')
    const other = net.createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void other.close())
    await vi.waitFor(() => expect(other.listening).toBe(true))
    const { port } = other.address() as net.AddressInfo
    const { code, out, err } = await run('gateway', '--port', String(port), '--data', directory)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain(`Port ${port} on 127.0.0.1 is in use`)
    expect(existsSync(path.join(directory, 'keys.json'))).toBe(false)
    expect((await beginGateway(directory)).key).toMatch(/^mr_/)
  })
})
