import type { EventLog } from '@millrace/event-log'
import type { RunReporter } from '../facets.ts'
import { type LolAlert, type LolTruth, lol } from './contract.ts'

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

async function* eventsOf<T>(log: EventLog, topic: string): AsyncIterable<T> {
  for (const { partition, earliest, end } of await log.range(topic))
    for await (const records of log.read(topic, partition, earliest, end))
      for (const record of records) yield JSON.parse(record.value.toString('utf8')) as T
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** Compares `lol.alerts` with the labels of `lol.truth`; both are small enough for memory in a run that has labels. */
export async function measureDetection(log: EventLog): Promise<DetectionReport> {
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

/** Alerts, and how they compare with the truth. */
export const reporter: RunReporter = {
  domain: lol.name,
  views: [{ name: 'alerts', command: 'alerts' }],
  async report(log) {
    const detection = await measureDetection(log)
    const { alerts, playerMatches, cheating, truePositives, falsePositives, precision, recall } = detection
    return {
      key: 'detection',
      json: { ...detection },
      lines: [
        'Alerts against the truth, per player and match',
        `  ${alerts} alerts; ${truePositives} of ${cheating} cheating player-matches found (recall ${percent(recall)}), ` +
          `${falsePositives} of ${playerMatches - cheating} honest ones accused (precision ${percent(precision)})`,
      ],
    }
  },
}
