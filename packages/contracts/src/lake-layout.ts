/*
 * Where things are in the lake, below its root. Data files carry their partition and offsets in their names; the manifest
 * of a range is named by its first offset alone, so that a second claim of the range meets an existing file.
 */

const digits = (value: number, width: number): string => String(value).padStart(width, '0')

const PERIOD_MS = { hour: 3_600_000, day: 86_400_000 } as const

interface LakeFormatRule {
  /** The UTC period of event time that one file holds. */
  readonly period: keyof typeof PERIOD_MS
  /** End of a file's name, without the dot. */
  readonly extension: string
  /** Whether a file's name has the SHA-256 of its content. */
  readonly hashInName: boolean
  /** Whether age alone closes a range only when every file of it has a number of rows. */
  readonly minFileRows: boolean
}

/** The formats of data files. */
export const LAKE_FORMATS = {
  parquet: { period: 'hour', extension: 'parquet', hashInName: false, minFileRows: false },
  'ndjson.zst': { period: 'hour', extension: 'ndjson.zst', hashInName: false, minFileRows: false },
  'daily-ndjson': { period: 'day', extension: 'ndjson', hashInName: true, minFileRows: true },
} as const satisfies Readonly<Record<string, LakeFormatRule>>

export type LakeFormat = keyof typeof LAKE_FORMATS

/** Their names. */
export const lakeFormats = Object.keys(LAKE_FORMATS) as [LakeFormat, ...LakeFormat[]]

/** Start of the UTC hour or day whose file holds this event time, both in ms since the epoch. */
export function periodStart(format: LakeFormat, eventTimeMs: number): number {
  const lengthMs = PERIOD_MS[LAKE_FORMATS[format].period]
  return Math.floor(eventTimeMs / lengthMs) * lengthMs
}

/** Folder of one UTC period of event time: `lol.raw/date=2024-03-24/hour=11`, or `web.raw/date=2024-03-24`. */
export function periodFolder(topic: string, format: LakeFormat, startMs: number): string {
  const iso = new Date(startMs).toISOString()
  const day = `${topic}/date=${iso.slice(0, 10)}`
  return LAKE_FORMATS[format].period === 'day' ? day : `${day}/hour=${iso.slice(11, 13)}`
}

/** Folder of records whose event time cannot be believed. */
export const quarantineFolder = (topic: string): string => `${topic}/quarantine`

/** What the name of a data file says. */
export interface DataFileName {
  readonly partition: number
  /** First and last offset of the archived range. */
  readonly first: number
  readonly last: number
  readonly format: LakeFormat
  /** Of the content, as hex. */
  readonly sha256: string
}

/** End of a data file's name, behind its range. */
const fileNameEnd = (format: LakeFormat, sha256: string): string => {
  const { extension, hashInName } = LAKE_FORMATS[format]
  return `${hashInName ? `-${sha256}` : ''}.${extension}`
}

/** Name of a data file: partition, first and last offset of the range, and where the format says so the hash of its content. */
export const dataFileName = ({ partition, first, last, format, sha256 }: DataFileName): string =>
  `${digits(partition, 5)}-${digits(first, 20)}-${digits(last, 20)}${fileNameEnd(format, sha256)}`

/** The format of a data file, by the end of its path; undefined where no format ends so. */
export const formatOfPath = (path: string): LakeFormat | undefined =>
  lakeFormats.find(name => path.endsWith(`.${LAKE_FORMATS[name].extension}`))

/** The SHA-256 that a data file's name promises, as hex; undefined where the format has none in its names. */
export function hashInName(path: string): string | undefined {
  const format = formatOfPath(path)
  if (format === undefined || !LAKE_FORMATS[format].hashInName) return undefined
  return path
    .slice(0, -LAKE_FORMATS[format].extension.length - 1)
    .split('-')
    .at(-1)
}

const RANGE_OF_PATH = /^.*\d{5}-\d{20}-\d{20}/

/**
 * Path of a data file from which rows were erased: as it was, with the revision of the manifest that names it first (`-e1`), and where the
 * format says so with the hash of its new content.
 * @param sha256 of the new content, as hex
 * @throws Error where the path is not that of a data file
 */
export function erasedFilePath(
  path: string,
  { revision, sha256 }: { readonly revision: number; readonly sha256: string },
): string {
  const format = formatOfPath(path)
  const range = RANGE_OF_PATH.exec(path)?.[0]
  if (format === undefined || range === undefined) throw new Error(`${path} does not have the name of a data file.`)
  return `${range}-e${revision}${fileNameEnd(format, sha256)}`
}

export const manifestFolder = (topic: string, partition: number): string => `_manifests/${topic}/${partition}`

/** Path of the manifest that claims the range starting at `first`. */
export const manifestPath = (topic: string, partition: number, first: number): string =>
  `${manifestFolder(topic, partition)}/${digits(first, 20)}.json`

const MANIFEST_NAME = /^(\d{20})\.(?:e(\d{6})\.)?json$/

/** Path of the manifest that replaces that of a range after rows were erased from it; `revision` counts from 1. */
export const revisedManifestPath = (topic: string, partition: number, first: number, revision: number): string =>
  `${manifestFolder(topic, partition)}/${digits(first, 20)}.e${digits(revision, 6)}.json`

/** What the name of a manifest says: the first offset of its range, and its revision (0: as it was claimed). Null for another file. */
export function readManifestName(name: string): { readonly first: number; readonly revision: number } | null {
  const match = MANIFEST_NAME.exec(name)
  return match && { first: Number(match[1]), revision: Number(match[2] ?? 0) }
}

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
