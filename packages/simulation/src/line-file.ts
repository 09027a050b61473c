import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeDirectory, systemReason } from '@millrace/runtime'
import { simulationError } from './errors.ts'

/** A text file that grows by whole lines. */
export interface LineFile {
  /** Resolves when the operating system has the text; `lines` ends with a line break. */
  append(lines: string): Promise<void>
  /** Forces everything to the disk and closes. */
  close(): Promise<void>
}

/**
 * Opens a file of lines and makes its folder.
 * @param keep true keeps what is there, without a last line that a crash has cut off; false begins anew
 * @throws SimulationError `file_failed`
 */
export async function openLineFile(path: string, { keep }: { readonly keep: boolean }): Promise<LineFile> {
  const failed = (cause: unknown): Error => simulationError('file_failed', { path, reason: systemReason(cause) }, cause)
  let file: FileHandle
  try {
    await makeDirectory(dirname(path))
    file = await open(path, keep ? 'a+' : 'w')
    if (keep) await cutTornLine(file)
  } catch (error) {
    throw failed(error)
  }
  return {
    append: lines =>
      file.appendFile(lines).catch(error => {
        throw failed(error)
      }),
    async close() {
      try {
        // Pipes and devices such as /dev/null have nothing to force.
        await file.sync().catch(error => {
          if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error
        })
      } catch (error) {
        throw failed(error)
      } finally {
        await file.close()
      }
    },
  }
}

async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat()
  const chunk = Buffer.alloc(4096)
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - chunk.length)
    const { bytesRead } = await file.read(chunk, 0, end - from, from)
    const lineBreak = chunk.subarray(0, bytesRead).lastIndexOf('\n')
    if (lineBreak >= 0) {
      if (from + lineBreak + 1 < size) await file.truncate(from + lineBreak + 1)
      return
    }
    end = from
  }
  if (size > 0) await file.truncate(0)
}
