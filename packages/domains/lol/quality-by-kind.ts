import type { LogReader } from '@millrace/event-log'
import { lol, type Quality, qualityKinds } from './contract.ts'

type QualityKind = (typeof qualityKinds)[number]

/** How well one kind of cheating was found over a whole run. */
export interface KindQuality {
  readonly kind: QualityKind
  /** Players and matches with the kind, and those of them with an alert. */
  readonly cheaters: number
  readonly detected: number
  readonly altered: number
  /** Of the altered actions, those that were called suspicious. */
  readonly hits: number
  readonly falseAlerts: number
  /** Seconds from the first altered action to the alert: of the windows with detections, the middle one. */
  readonly delaySeconds: number | null
}

/** The newest results of every window. */
async function newestOf(log: LogReader): Promise<Quality[]> {
  const { name } = lol.topics.qualities
  const newest = new Map<string, Quality>()
  for (const { partition, earliest, end } of await log.range(name))
    for await (const records of log.read(name, partition, earliest, end))
      for (const { value } of records) {
        const quality = JSON.parse(value.toString('utf8')) as Quality
        const key = `${quality.window} ${quality.modelId} ${quality.kind}`
        if (quality.revision >= (newest.get(key)?.revision ?? 0)) newest.set(key, quality)
      }
  return [...newest.values()]
}

function middleDelay(windows: readonly Quality[]): number | null {
  const delays = windows
    .flatMap(({ medianDelaySeconds, detected }) =>
      medianDelaySeconds === null ? [] : Array.from({ length: detected }, () => medianDelaySeconds),
    )
    .sort((a, b) => a - b)
  return delays[Math.ceil(delays.length / 2) - 1] ?? null
}

/** The quality of each kind of cheating that occurred, from `lol.quality`, and the hours that honest players played. */
export async function qualityByKind(log: LogReader) {
  const windows = await newestOf(log)
  const totalOf = (of: readonly Quality[], field: 'cheaters' | 'detected' | 'altered' | 'hits' | 'falseAlerts') =>
    of.reduce((sum, quality) => sum + quality[field], 0)
  const kinds = qualityKinds.map((kind): KindQuality => {
    const own = windows.filter(quality => quality.kind === kind)
    return {
      kind,
      cheaters: totalOf(own, 'cheaters'),
      detected: totalOf(own, 'detected'),
      altered: totalOf(own, 'altered'),
      hits: totalOf(own, 'hits'),
      falseAlerts: totalOf(own, 'falseAlerts'),
      delaySeconds: middleDelay(own),
    }
  })
  const honestHours = windows
    .filter(({ kind }) => kind === 'all')
    .reduce((sum, quality) => sum + quality.honestHours, 0)
  return {
    models: [...new Set(windows.map(({ modelId }) => modelId))].sort(),
    kinds: kinds.filter(({ cheaters, falseAlerts }) => cheaters > 0 || falseAlerts > 0),
    honestHours: Number(honestHours.toFixed(2)),
  }
}
