import { readFile } from 'node:fs/promises'
import { systemReason } from '@millrace/runtime'
import { gatewayError } from '../errors.ts'
import { checkKeys, type KeyFile, repairKeys } from './api-key.ts'

/**
 * Reads and checks a key file. Faults that earlier versions wrote are repaired in what is returned, not in the file.
 * @param onRepair is told of each repair in a sentence
 * @throws GatewayError `keys_file_missing`, or `keys_file_broken` that says what is wrong where
 */
export async function readKeyFile(file: string, onRepair: (sentence: string) => void): Promise<KeyFile> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw gatewayError('keys_file_missing', { file }, error)
    throw gatewayError('keys_file_broken', { file, reason: `it cannot be read, ${systemReason(error)}.` }, error)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // The parser's own message would quote the file.
    throw gatewayError('keys_file_broken', { file, reason: 'it is not JSON.' })
  }
  const checked = checkKeys(repairKeys(content, onRepair))
  if (checked.problem !== null) throw gatewayError('keys_file_broken', { file, reason: checked.problem })
  return checked.file
}
