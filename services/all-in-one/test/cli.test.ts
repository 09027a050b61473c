import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@millrace/runtime'
import { temporaryDirectory } from '@millrace/testing/vitest'
import { describe, expect, it } from 'vitest'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './captured-terminal.ts'

const directory = temporaryDirectory('cli')
const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const at = (name: string): string => path.join(directory, name)

const run = (...args: string[]) => runIn({}, ...args)

async function runIn(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const terminal = captureTerminal()
  const code = await runCli(args, {
    terminal,
    stdin: Readable.from([]),
    signal: new AbortController().signal,
    environment,
    clock: systemClock,
  })
  return { code, out: terminal.printed.join('\n'), err: terminal.said.join('\n') }
}

describe('the command line', () => {
  const commands = [
    ['demo'],
    ['generate'],
    ['generate', 'lol'],
    ['gateway'],
    ['keys'],
    ['keys', 'create'],
    ['keys', 'list'],
    ['keys', 'revoke'],
    ['reconcile'],
    ['report'],
    ['alerts'],
    ['heatmap'],
    ['match'],
    ['score'],
    ['failed'],
    ['failed', 'list'],
    ['failed', 'show'],
    ['failed', 'export'],
    ['failed', 'replay'],
    ['stack'],
    ['stack', 'up'],
    ['stack', 'status'],
    ['stack', 'down'],
    ['topics'],
    ['topics', 'list'],
    ['topics', 'describe'],
    ['topics', 'ensure'],
  ]

  it.each(commands.map(words => [words.join(' '), words] as const))('explains "%s --help"', async (_, words) => {
    const { code, out } = await run(...words, '--help')
    expect(code).toBe(0)
    expect(out).toContain(`Usage: millrace ${words.join(' ')}`)
  })

  it.each(['', ' ', 'not-a-host', '203.0.113.1', '2001:db8::1', '[::1]'])(
    'refuses a --host that cannot be listened on in one sentence: "%s"',
    async host => {
      const { code, err } = await run('gateway', '--host', host, '--port', '0', '--data', at('no-host'))
      expect(code).toBe(2)
      expect(err).toMatch(/^Cannot listen on ".*": .+\. Expected .+; --host on the command line\)\.$/)
      expect(err).toContain(JSON.stringify(host))
    },
  )

  it('shows its commands and exits 2 when it is given none', async () => {
    const { code, out } = await run()
    expect(code).toBe(2)
    for (const [name] of commands) expect(out).toContain(name)
  })

  it.each([
    [['dmeo'], /unknown command 'dmeo'[\s\S]*Did you mean demo\?/],
    [['demo', '--sede', '1'], /unknown option '--sede'[\s\S]*Did you mean --seed\?/],
    [['generate', 'lool'], /unknown command 'lool'[\s\S]*Did you mean lol\?/],
    [
      ['generate', 'lol', '--speed', 'fast', '--players', 'many'],
      /--speed is "fast": expected[\s\S]*--players is "many": expected/,
    ],
    [['topics', 'describe', 'lol.row'], /No topic "lol.row". Did you mean lol.raw\?/],
    [
      ['keys', 'create', 'mine', '--topics', 'lol.row', '--file', at('none.json')],
      /lol.row[\s\S]*Did you mean lol.raw\?/,
    ],
    [
      ['keys', 'create', 'mine', '--records-per-second', '-1', '--file', at('none.json')],
      /--records-per-second is "-1": expected a whole number above 0/,
    ],
    [
      ['keys', 'create', 'mine', '--bytes-per-second', '9'.repeat(400), '--file', at('none.json')],
      /--bytes-per-second is "9{40}": expected a whole number above 0, at most 9007199254740991/,
    ],
    [['keys', 'create', '', '--file', at('none.json')], /The key cannot be made: at \/name: expected a name/],
    [['keys', 'create', 'n'.repeat(201), '--file', at('none.json')], /at \/name: expected at most 200 characters/],
    [
      ['keys', 'create', 'page', '--cors-origins', 'https://a.example/shop', '--file', at('none.json')],
      /at \/corsOrigins\/0: expected an origin such as https:\/\/app\.example\.com, or \*/,
    ],
    [['alerts', '--data', at('nowhere')], /There is no data in .*nowhere: run "npm run demo" first/],
    [['alerts', '--day', 'today'], /--day is "today": expected a day, YYYY-MM-DD/],
    [['alerts', '--day', '2024-02-30'], /--day is "2024-02-30": expected a day, YYYY-MM-DD/],
    [
      ['mart', 'antenna_usage_hourly', '--where', 'hour=2024-02-30T00:00:00Z'],
      /--where hour is "2024-02-30T00:00:00Z": expected an instant such as 2024-03-24T11:00:00Z/,
    ],
    [['mart', 'antenna_bytes', '--where', 'id=a', '--where', 'id=b'], /--where has id twice: .* give one/],
    [['failed', 'list', '--since', '2024-02-30T00:00:00Z'], /--since is "2024-02-30T00:00:00Z": expected a duration/],
    [['generate', 'lol', '--start', '2024-02-30T00:00:00Z'], /--start is "2024-02-30T00:00:00Z": expected now or/],
    [['reconcile', '--ledger', at('nowhere')], /There is no ledger in .*nowhere/],
    [
      ['demo', '--data', at('demo'), '--report', at('nowhere/x.json')],
      /--report is ".*x\.json": there is no folder .*nowhere\. Expected a file in a folder that is there/,
    ],
    [['demo', '--data', at('demo'), '--report', directory], /--report is ".*": that is a folder\./],
    [['demo', '--data', at('demo'), '--report', at('demo/deep/x.json')], /x\.json": the run empties .*demo\./],
    [['reconcile', '--data', at('nowhere'), '--report', at('nowhere/x.json')], /there is no folder .*nowhere\./],
    [['stack', 'up', '--brokers', '2', '--directory', at('stack')], /--brokers is "2": expected 1 or 3/],
    [
      ['alerts', '--stack', at('stack')],
      /No servers run in .*stack: start them with "npm run millrace -- stack up --directory \/.*stack"/,
    ],
    [['failed', 'lsit'], /unknown command 'lsit'[\s\S]*Did you mean list\?/],
    [
      ['failed', 'list', '--data', at('nowhere')],
      /There is no data in .*nowhere: run "npm run millrace -- gateway" first/,
    ],
    [
      [
        'failed',
        'list',
        '--stage',
        'sync',
        '--sink',
        'mars',
        '--topic',
        'lol.row',
        '--since',
        'monday',
        '--limit',
        '0',
      ],
      /--stage is "sync": expected ingest, process, sink\. Did you mean sink\?\n--sink is "mars": expected log, lake, mart\. Did you mean mart\?\n--topic is "lol.row": expected lol\.raw.*Did you mean lol\.raw\?\n--since is "monday": expected a duration such as .*\n--limit is "0": expected a whole number above 0/,
    ],
    [['failed', 'show'], /missing required argument 'id'/],
    [['failed', 'export'], /missing required argument 'file'/],
    [['failed', 'export', at('out.ndjson'), '--stack', at('stack')], /No servers run in .*stack: start them/],
    [
      ['failed', 'replay', at('none.ndjson'), '--api-key', 'k'],
      /There is no file .*none\.ndjson: "failed export <file>" makes/,
    ],
    [
      ['failed', 'replay', at('none.ndjson'), '--url', 'localhost', '--retry-timeout', 'long'],
      /--url is "localhost": expected an address such as http.*\n--api-key is missing: .*makes one\.\n--retry-timeout is "long": expected a duration/,
    ],
    [
      ['failed', 'replay', at('none.ndjson'), '--apikey', 'k'],
      /unknown option '--apikey'[\s\S]*Did you mean --api-key\?/,
    ],
    [['gateway', '--port', '99999', '--data', at('gateway')], /--port is "99999": expected a number from 0 to 65535/],
    [
      ['demo', '--mart-retention', 'lol_analysi=30d', '--data', at('demo')],
      /--mart-retention: lol_analysi is not known here. Did you mean lol_analysis/,
    ],
    [
      ['gateway', '--mart-retention', 'lol_analysis=30', '--data', at('gateway')],
      /--mart-retention is "lol_analysis=30": expected retention by table .*, got "lol_analysis=30"/,
    ],
    [
      ['demo', '--format', 'avro', '--data', at('demo')],
      /--format is "avro": expected parquet, ndjson or daily-ndjson/,
    ],
  ])('says what is wrong with "%s" and exits 2', async (words, message) => {
    const { code, err } = await run(...words)
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })

  it('refuses to empty a folder that no demo has made', async () => {
    writeFileSync(at('thesis.txt'), 'years of work')
    const { code, err } = await run('demo', '--data', directory)
    expect(code).toBe(1)
    expect(err).toContain('is not empty and was not made by a demo')
    expect(readFileSync(at('thesis.txt'), 'utf8')).toBe('years of work')
  })

  it('names the usual folder that has data where the one of the command has none', () => {
    const away = at('away')
    mkdirSync(path.join(away, '.millrace/data/log'), { recursive: true })
    const { stderr, status } = spawnSync(process.execPath, [MAIN, 'alerts'], { cwd: away, encoding: 'utf8' })
    expect(stderr.trim()).toBe(
      'There is no data in .millrace/demo: run "npm run demo" first, or name --data .millrace/data, where a gateway has written.',
    )
    expect(status).toBe(2)
  })

  it('makes a key, lists it without its secret, and revokes it', async () => {
    const file = at('keys.json')
    const made = await run(
      'keys',
      'create',
      'mine',
      '--file',
      file,
      '--topics',
      'lol.raw,lol.truth',
      '--records-per-second',
      '100',
    )
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^mr_[0-9a-f]+_[\w-]{43}$/) })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toContain(made.out.split('_').slice(2).join('_'))
    const [, id = ''] = made.out.split('_')
    const live = await run('keys', 'list', '--file', file)
    expect(live.out).toContain(id)
    expect(live.out).toContain('live')
    expect(live.out).toContain('100 records/s')
    expect((await run('keys', 'revoke', id, '--file', file)).code).toBe(0)
    expect((await run('keys', 'list', '--file', file)).out).toContain('revoked')
    const unknown = await run('keys', 'revoke', `${id}0`, '--file', file)
    expect(unknown.code).not.toBe(0)
    expect(unknown.err).toContain(id)
  })

  it('makes keys for web pages, and writes no name raw to the terminal', async () => {
    const file = at('page-keys.json')
    const page = ['--cors-origins', 'https://a.example, https://b.example:8443']
    expect((await run('keys', 'create', 'page\u001b[31m\u009b', '--file', file, ...page)).code).toBe(0)
    const { out } = await run('keys', 'list', '--file', file)
    expect(out).toContain('https://a.example,https://b.example:8443')
    expect(out).toContain('page\\u001b[31m\\u009b')
    expect(JSON.parse((await run('keys', 'list', '--json', '--file', file)).out)).toMatchObject([
      { name: 'page\u001b[31m\u009b', corsOrigins: ['https://a.example', 'https://b.example:8443'] },
    ])
  })

  it('makes browser keys, for the topics that browsers may write', async () => {
    const file = at('browser-keys.json')
    const page = ['--browser', '--origin', 'https://a.example', '--file', file]
    const made = await run('keys', 'create', 'shop', ...page, '--bytes-per-second', '100000')
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^mb_[0-9a-f]{32}$/) })
    const { out } = await run('keys', 'list', '--file', file)
    expect(out).toMatch(/shop +browser +web\.raw +100,000 bytes\/s +https:\/\/a\.example/)
    const closed = await run('keys', 'create', 'shop', ...page, '--topics', 'lol.raw', '--records-per-second', '1')
    expect(closed.code).not.toBe(0)
    expect(closed.err).toContain('a browser key may not write lol.raw, only web.raw')
    expect((await run('keys', 'create', 'shop', ...page)).err).toContain('/quota: expected recordsPerSecond')
  })

  it('takes paths from the folder where the user is, which npm names in INIT_CWD', async () => {
    const folder = at('where the user is')
    mkdirSync(folder)
    const here = (...args: string[]) => runIn({ INIT_CWD: folder }, ...args)
    expect((await here('keys', 'create', 'mine', '--file', 'mine.json')).code).toBe(0)
    const sent = await here(
      ...['generate', 'lol', '--players', '3', '--duration', '3m', '--sink', 'file'],
      '--out',
      'e.ndjson',
    )
    expect(sent.code).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['e.ndjson', 'e.truth.ndjson', 'mine.json'])
    expect((await here('failed', 'replay', 'none.ndjson', '--api-key', 'mr_a_b')).err).toContain(
      path.join(folder, 'none.ndjson'),
    )
    expect((await here('reconcile', '--data', 'stores')).err).toContain(
      `There is no data in ${path.join(folder, 'stores')}`,
    )
  })

  it('shows commands that can be pasted, whatever a folder is called', async () => {
    const file = at('it\'s a $file `x` "y".json')
    const { err } = await run('keys', 'list', '--file', file)
    const [, shown = ''] = /-- (keys create .*)"\.$/.exec(err) ?? []
    const words = spawnSync('sh', ['-c', `printf '%s\\n' ${shown.replace('<name>', 'mine')}`], { encoding: 'utf8' })
    expect(words.stdout.trimEnd().split('\n')).toEqual(['keys', 'create', 'mine', '--file', file])
  })

  it('describes a topic by its contract', async () => {
    const { code, out } = await run('topics', 'describe', 'lol.raw')
    expect(code).toBe(0)
    expect(out).toMatch(/key account, event time datetime, 6 partitions, kept 7 days/)
    expect(out).toMatch(/inputkey +string +always +key that was pressed/)
  })

  it('says that nothing runs where there is no stack', async () => {
    expect(await run('stack', 'status', '--directory', at('stack'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('There are no servers'),
    })
    expect(await run('stack', 'down', '--directory', at('stack'))).toMatchObject({
      code: 0,
      err: expect.stringContaining('Nothing ran'),
    })
  })
})
