import { readFile } from 'node:fs/promises'
import { gatewayError } from '../errors.ts'
import { type KeyFile, keyFileSchema } from './api-key.ts'

/**
 * Reads and checks a key file.
 * @throws GatewayError `keys_file_missing`, or `keys_file_broken` that says what is wrong where
 */
export async function readKeyFile(file: string): Promise<KeyFile> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw gatewayError('keys_file_missing', { file }, error)
    throw gatewayError('keys_file_broken', { file, reason: `it cannot be read (${code}).` }, error)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // The parser's own message would quote the file.
    throw gatewayError('keys_file_broken', { file, reason: 'it is not JSON.' })
  }
  const result = keyFileSchema.safeParse(content)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw gatewayError('keys_file_broken', { file, reason: `at /${issue?.path.join('/')}: ${issue?.message}.` })
}
