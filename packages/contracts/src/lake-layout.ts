/*
 * Where things are in the lake, below its root. Data files carry their partition and offsets in their names; the manifest
 * of a range is named by its first offset alone, so that a second claim of the range meets an existing file.
 */

const digits = (value: number, width: number): string => String(value).padStart(width, '0')

export type LakeFormat = 'parquet' | 'ndjson.zst'

/** Folder of one UTC hour of event time: `lol.raw/date=2024-03-24/hour=11`. */
export function hourFolder(topic: string, hourStartMs: number): string {
  const iso = new Date(hourStartMs).toISOString()
  return `${topic}/date=${iso.slice(0, 10)}/hour=${iso.slice(11, 13)}`
}

/** Folder of records whose event time cannot be believed. */
export const quarantineFolder = (topic: string): string => `${topic}/quarantine`

/** Name of a data file: partition, first and last offset of the archived range. */
export const dataFileName = (partition: number, first: number, last: number, format: LakeFormat): string =>
  `${digits(partition, 5)}-${digits(first, 20)}-${digits(last, 20)}.${format}`

export const manifestFolder = (topic: string, partition: number): string => `_manifests/${topic}/${partition}`

/** Path of the manifest that claims the range starting at `first`. */
export const manifestPath = (topic: string, partition: number, first: number): string =>
  `${manifestFolder(topic, partition)}/${digits(first, 20)}.json`

/** Folder of a writer's temporary files for one partition. */
export const temporaryFolder = (topic: string, partition: number): string => `_tmp/${topic}/${partition}`

/** Path of a temporary file: first offset, writer and a name that is unique within the segment. */
export const temporaryPath = (
  topic: string,
  partition: number,
  first: number,
  writerId: string,
  name: string,
): string => `${temporaryFolder(topic, partition)}/${digits(first, 20)}.${writerId}.${name}`
