import { createHash, randomUUID } from 'node:crypto'
import { ERASURES_FOLDER, type ErasureReceipt, erasureReceipt, type Identifier, receiptPath } from '@millrace/contracts'
import { CodedError } from '@millrace/runtime'
import { lakeError } from './errors.ts'
import type { Lake } from './lake.ts'

/** The content of a receipt without its checksum. */
export type ReceiptContent = Omit<ErasureReceipt, 'sha256'>

/** JSON with the names of each object in order. */
function orderedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(orderedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${orderedJson(member)}`).join(',')}}`
}

/** SHA-256 of a receipt without its checksum, as hex. */
export function receiptDigest(receipt: ReceiptContent): string {
  const { sha256: _, ...content } = receipt as ErasureReceipt
  return createHash('sha256').update(orderedJson(content)).digest('hex')
}

/** A receipt with its checksum, as it is stored. */
export const receiptText = (content: ReceiptContent): string =>
  `${orderedJson({ ...content, sha256: receiptDigest(content) })}\n`

/** How a receipt knows an identifier: the SHA-256 of salt, kind and identifier, as hex. */
export const identifierHash = (salt: string, { kind, value }: Identifier): string =>
  createHash('sha256')
    .update(JSON.stringify([salt, kind, value]))
    .digest('hex')

/** Stores a receipt in one of its states; one that is stored already stays. */
export async function writeReceipt(lake: Lake, content: ReceiptContent): Promise<string> {
  const path = receiptPath(content.id, content.state)
  await putFile(lake, path, receiptText(content))
  return path
}

async function putFile(lake: Lake, path: string, text: string): Promise<void> {
  const staged = `_tmp/${ERASURES_FOLDER}/receipt-${randomUUID()}.json`
  await lake.write(staged, Buffer.from(text))
  if ((await lake.rename(staged, path)) === 'target-exists') await lake.remove(staged)
}

/** Takes note that the rows of the mart are deleted, and that the lake is next. */
export const noteRowsDeleted = (lake: Lake, id: string): Promise<void> =>
  putFile(lake, receiptPath(id, 'rows-deleted'), '{"state":"rows-deleted"}\n')

/** Whether the rows of the mart are deleted. */
export const areRowsDeleted = async (lake: Lake, id: string): Promise<boolean> =>
  (await lake.stat(receiptPath(id, 'rows-deleted'))) !== null

async function readState(lake: Lake, id: string, state: ErasureReceipt['state']): Promise<ErasureReceipt | null> {
  const path = receiptPath(id, state)
  let text: string
  try {
    text = String(await lake.read(path))
  } catch (error) {
    if (error instanceof CodedError && error.code === 'not_found') return null
    throw error
  }
  try {
    const receipt = erasureReceipt.parse(JSON.parse(text))
    if (receiptDigest(receipt) !== receipt.sha256) throw new Error('its checksum is another one')
    return receipt
  } catch (error) {
    throw lakeError('receipt_invalid', { path, where: lake.location, reason: (error as Error).message }, error)
  }
}

/** The receipts of all erasures, oldest first, each in its last state. */
export async function readReceipts(lake: Lake): Promise<readonly ErasureReceipt[]> {
  const receipts: ErasureReceipt[] = []
  for (const { name, kind } of await lake.list(ERASURES_FOLDER)) {
    if (kind !== 'folder') continue
    const receipt = (await readState(lake, name, 'complete')) ?? (await readState(lake, name, 'begun'))
    if (receipt) receipts.push(receipt)
  }
  return receipts
}
