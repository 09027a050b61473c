import type { LogReader } from '@millrace/event-log'
import type { Table } from '@millrace/report/figure'
import type { RunReporter } from '../facets.ts'
import { type LolAlert, type LolTruth, lol } from './contract.ts'
import { worstPath } from './picture.ts'
import { qualityByKind } from './quality-by-kind.ts'

/** How the alerts compare with the truth, per player and match. */
export interface DetectionReport {
  readonly alerts: number
  readonly playerMatches: number
  readonly cheating: number
  readonly truePositives: number
  readonly falsePositives: number
  readonly falseNegatives: number
  /** Of the player-matches with an alert, the share that cheats; null when there is none. */
  readonly precision: number | null
  /** Of the cheating player-matches, the share with an alert; null when there is none. */
  readonly recall: number | null
}

async function* eventsOf<T>(log: LogReader, topic: string): AsyncIterable<T> {
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end))
      for (const record of records) yield JSON.parse(record.value.toString('utf8')) as T
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Compares `lol.alerts` with the labels of `lol.truth`; both are small enough for memory in a run that has labels. */
export async function measureDetection(log: LogReader): Promise<DetectionReport> {
  const labels = new Map<string, boolean>()
  for await (const truth of eventsOf<LolTruth>(log, lol.topics.truth.name))
    if (truth.kind === 'player-match') labels.set(`${truth.roomID}/${truth.account}`, truth.cheater)
  const alerted = new Set<string>()
  const alertIds = new Set<string>()
  for await (const alert of eventsOf<LolAlert>(log, lol.topics.alerts.name)) {
    alertIds.add(alert.eventId)
    alerted.add(`${alert.roomID ?? ''}/${alert.account}`)
  }
  const cheating = [...labels].filter(([, cheater]) => cheater).map(([match]) => match)
  const truePositives = cheating.filter(match => alerted.has(match)).length
  return {
    alerts: alertIds.size,
    playerMatches: labels.size,
    cheating: cheating.length,
    truePositives,
    falsePositives: alerted.size - truePositives,
    falseNegatives: cheating.length - truePositives,
    precision: share(truePositives, alerted.size),
    recall: share(truePositives, cheating.length),
  }
}

const percent = (part: number | null): string => (part === null ? '-' : `${(part * 100).toFixed(0)} %`)

/** The numbers that matter; those that need the truth are left out without it. */
const factsOf = ({ alerts, playerMatches, cheating, truePositives, falsePositives, ...of }: DetectionReport) => [
  { label: 'alerts', value: String(alerts) },
  ...(playerMatches === 0
    ? []
    : [
        { label: 'precision', value: percent(of.precision) },
        { label: 'recall', value: percent(of.recall) },
        { label: 'cheating player-matches found', value: `${truePositives} of ${cheating}` },
        { label: 'honest player-matches accused', value: `${falsePositives} of ${playerMatches - cheating}` },
      ]),
]

type Measured = Awaited<ReturnType<typeof qualityByKind>>

/** A table of the kinds; none where nothing was measured. */
function qualityTables({ models, kinds, honestHours }: Measured): Table[] {
  if (kinds.length === 0) return []
  return [
    {
      caption: `By kind of cheating, by ${models.join(', ')}, beside ${honestHours.toFixed(1)} hours of honest play`,
      columns: ['kind', 'players', 'reported', 'after (s)', 'altered actions', 'suspicious', 'false alerts'],
      rows: kinds.map(({ kind, cheaters, detected, delaySeconds, altered, hits, falseAlerts }) => [
        ...[kind, cheaters, detected],
        ...[delaySeconds === null ? null : Math.round(delaySeconds), altered, hits, falseAlerts],
      ]),
    },
  ]
}

/** Alerts, and how they compare with the truth. */
export const reporter: RunReporter = {
  domain: lol.name,
  views: [{ name: 'alerts', command: 'alerts' }],
  pictures: [worstPath],
  async report(log) {
    const detection = await measureDetection(log)
    const quality = await qualityByKind(log)
    const { alerts, playerMatches, cheating, truePositives, falsePositives, precision, recall } = detection
    return {
      key: 'detection',
      json: { ...detection, quality },
      facts: factsOf(detection),
      lines: [
        'Alerts against the truth, per player and match',
        playerMatches === 0
          ? `  ${alerts} alerts; there are no truth records, so precision and recall are not known`
          : `  ${alerts} alerts; ${truePositives} of ${cheating} cheating player-matches found (recall ${percent(recall)}), ` +
            `${falsePositives} of ${playerMatches - cheating} honest ones accused (precision ${percent(precision)})`,
      ],
      tables: qualityTables(quality),
    }
  },
}
