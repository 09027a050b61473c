import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createWebHdfsLake } from '@millrace/lake'
import { createLogger, systemClock } from '@millrace/runtime'
import { timed } from '../inputs/batches.ts'
import { defineRow } from '../row.ts'

const MEGABYTES = 64
const FILES = 4
const USER = 'millrace'

/** One PUT; undici is no peer here, because it cannot follow the unasked `100 Continue` of a DataNode. */
async function put(url: string, localFile?: string): Promise<http.IncomingMessage> {
  const request = http.request(url, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' } })
  const answered = once(request, 'response')
  if (localFile) await pipeline(createReadStream(localFile, { highWaterMark: 1 << 20 }), request)
  else request.end()
  const [response] = (await answered) as [http.IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response
}

async function putRaw(nameNode: string, target: string, localFile: string): Promise<void> {
  const first = await put(`${nameNode}/webhdfs/v1${target}?op=CREATE&user.name=${USER}&overwrite=true`)
  if (first.statusCode !== 307) throw new Error(`The NameNode answered ${first.statusCode}.`)
  const second = await put(first.headers.location!, localFile)
  if (second.statusCode !== 201) throw new Error(`The DataNode answered ${second.statusCode}.`)
}

export const row = defineRow<{ readonly file: string; readonly nameNodes: readonly string[] }>({
  title: 'lake adapter, files of 64 MB with their length verified ÷ bare two-step PUT',
  unit: 'MB/s',
  goal: { bound: 'at least', must: 0.6, aim: 0.75 },
  needs: ['hdfs'],
  async prepare({ addresses, directory }) {
    const file = path.join(directory, 'data')
    const block = randomBytes(1 << 20)
    writeFileSync(file, Buffer.concat(Array.from({ length: MEGABYTES }, () => block)))
    return { file, nameNodes: addresses.hdfs!.nameNodes }
  },
  async ours({ setting: { file, nameNodes } }) {
    const lake = createWebHdfsLake({
      nameNodes,
      user: USER,
      root: `/bench-${randomUUID()}`,
      clock: systemClock,
      logger: createLogger('bench', { level: 'silent' }),
    })
    const write = async (): Promise<void> => {
      for (let i = 0; i < FILES; i++) await lake.write(`file-${i}`, { localFile: file })
    }
    return { round: async () => (FILES * MEGABYTES) / ((await timed(write)) / 1_000), close: () => lake.close() }
  },
  async other({ setting: { file, nameNodes } }) {
    const root = `/bench-${createHash('sha256').update(file).digest('hex').slice(0, 12)}`
    const write = async (): Promise<void> => {
      for (let i = 0; i < FILES; i++) await putRaw(nameNodes[0]!, `${root}/file-${i}`, file)
    }
    return { round: async () => (FILES * MEGABYTES) / ((await timed(write)) / 1_000) }
  },
})
