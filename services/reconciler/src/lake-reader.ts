import { type Lake, readDataFile, readManifests } from '@millrace/lake'
import type { LakeReader } from './topic-check.ts'

/**
 * Reads a lake for the reconciliation; every data file is fetched and checked against its manifest's checksum.
 * @param directory local folder for one fetched file at a time; it must exist
 */
export const createLakeReader = (lake: Lake, directory: string): LakeReader => ({
  manifests: (topic, partition) => readManifests(lake, topic, partition),
  async *rows({ files }) {
    for (const file of files) yield* readDataFile(lake, file, { directory })
  },
})
