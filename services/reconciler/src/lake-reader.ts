import { type Lake, readDataFile, readManifests } from '@millrace/lake'
import { CodedError } from '@millrace/runtime'
import type { LakeReader } from './topic-check.ts'

/** What a lake says of a file or manifest that is not what it should be; waiting mends none of them. */
const FAULTS = new Set(['data_file_missing', 'data_file_damaged', 'manifest_invalid'])

/** Whether an error is about what the lake holds, and not about whether it answers. */
export const isLakeFault = (error: unknown): error is CodedError =>
  error instanceof CodedError && FAULTS.has(error.code)

/**
 * Reads a lake for the reconciliation; every data file is fetched and checked against its manifest's checksum.
 * @param directory local folder for one fetched file at a time; it must exist
 */
export const createLakeReader = (lake: Lake, directory: string): LakeReader => ({
  manifests: (topic, partition) => readManifests(lake, topic, partition),
  async *rows({ files }) {
    let fault: CodedError | undefined
    for (const file of files)
      try {
        yield* readDataFile(lake, file, { directory })
      } catch (error) {
        if (!isLakeFault(error)) throw error
        fault ??= error
      }
    // The rows of the other files come first: they are there.
    if (fault) throw fault
  },
})
