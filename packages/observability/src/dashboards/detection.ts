import { bars, board, lines, number } from '../panels.ts'
import { driftOf } from '../selectors.ts'
import { of, perSecond, quantile } from './queries.ts'

const scorer = (thing: string, ...matchers: readonly string[]): string => of('anomaly-scorer', thing, ...matchers)
const alerts = scorer('records_out_total', 'topic=~".+[.]alerts"')
const evaluator = (thing: string, ...matchers: readonly string[]): string =>
  of('detector-evaluator', thing, ...matchers)
const cheats = 'truth!="honest"'
const judged = 'verdict=~"normal|suspicious"'

/** What the detector sees and says. */
export const detection = board({
  uid: 'millrace-detection',
  title: 'Detection',
  description: 'What the anomaly scorer sees and says: verdicts, alerts, and how long they take.',
  rows: [
    {
      title: 'Now',
      panels: [
        number({
          title: 'Alerts',
          description: 'Alerts in the chosen time range: one per player and incident.',
          unit: 'short',
          width: 6,
          decimals: 0,
          queries: [{ legend: 'alerts', expr: `sum(increase(${alerts}[$__range])) or vector(0)` }],
        }),
        number({
          title: 'Suspicious moves',
          description: 'Of the moves with a verdict, the share that is suspicious.',
          unit: 'percentunit',
          width: 6,
          decimals: 2,
          queries: [
            {
              legend: 'suspicious',
              expr: `${perSecond(scorer('verdicts_total', 'verdict="suspicious"'))} / (${perSecond(scorer('verdicts_total', judged))} > 0)`,
            },
          ],
        }),
        number({
          title: 'Time from move to score',
          description: 'Half of the batches are scored faster, from the time of the move.',
          unit: 's',
          width: 6,
          decimals: 1,
          queries: [{ legend: 'median', expr: quantile(0.5, scorer('freshness_seconds_bucket')) }],
        }),
        number({
          title: 'Model',
          description:
            'The model that judges. Two of them: a roll-out is under way, or replicas are configured differently.',
          unit: 'none',
          width: 6,
          showName: true,
          queries: [{ legend: '{{model}}', expr: `count by (model) (${scorer('model_info')})` }],
        }),
      ],
    },
    {
      title: 'Verdicts',
      panels: [
        lines({
          title: 'Moves per second, by verdict',
          description: 'Moves in warm-up have too few others around them to be judged.',
          unit: 'short',
          width: 12,
          stacked: true,
          queries: [{ legend: '{{verdict}}', expr: perSecond(scorer('verdicts_total'), 'verdict') }],
        }),
        lines({
          title: 'Suspicious, share of judged moves',
          description:
            'A jump without a wave of cheaters means that the play or the client has changed, and the model no longer fits.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              legend: 'suspicious',
              expr: `${perSecond(scorer('verdicts_total', 'verdict="suspicious"'))} / (${perSecond(scorer('verdicts_total', judged))} > 0)`,
            },
          ],
        }),
        lines({
          title: 'Alerts per five minutes',
          description: 'New incidents: a player is reported once, however long it lasts.',
          unit: 'short',
          width: 12,
          queries: [{ legend: 'alerts', expr: `sum(increase(${alerts}[5m])) or vector(0)` }],
        }),
        lines({
          title: 'Scores per second, published and stored',
          description: 'Scores as published, and as written to the mart. The second follows the first.',
          unit: 'short',
          width: 12,
          queries: [
            { legend: 'scores published', expr: perSecond(scorer('records_out_total', 'topic=~".+[.]scores"')) },
            {
              legend: 'scores in the mart',
              expr: perSecond(of('mart-writer', 'records_in_total', 'topic=~".+[.]scores"')),
            },
          ],
        }),
      ],
    },
    {
      title: 'Measured against the truth',
      panels: [
        lines({
          title: 'Alerts that are true',
          description:
            'Of the alerts whose truth is known, the share about players who cheat. Empty where no truth is sent.',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              legend: 'true',
              expr: `sum(increase(${evaluator('alerts_total', 'outcome="true"')}[1h])) / (sum(increase(${evaluator('alerts_total')}[1h])) > 0)`,
            },
          ],
        }),
        lines({
          title: 'Cheating players who were found, by kind',
          description: 'Of the players and matches with cheating that ended in an hour, the share with an alert.',
          unit: 'percentunit',
          width: 8,
          queries: [
            {
              legend: '{{truth}}',
              expr: `sum by (truth) (increase(${evaluator('detected_matches_total', cheats)}[1h])) / (sum by (truth) (increase(${evaluator('matches_total', cheats)}[1h])) > 0)`,
            },
          ],
        }),
        lines({
          title: 'Time to detect, by kind',
          description:
            'Half of the cheating players are found sooner, from the first altered action of a match to the alert.',
          unit: 's',
          width: 8,
          queries: [
            {
              legend: '{{truth}}',
              expr: `histogram_quantile(0.5, sum by (truth, le) (increase(${evaluator('detection_delay_seconds_bucket')}[1h])))`,
            },
          ],
        }),
        lines({
          title: 'False alerts per hour of honest play',
          description: 'Alerts about players who did not cheat, by the hours that such players played.',
          unit: 'short',
          width: 12,
          queries: [
            {
              legend: 'false alerts',
              expr: `sum(increase(${evaluator('alerts_total', 'outcome="false"')}[1h])) / (sum(increase(${evaluator('honest_seconds_total')}[1h])) / 3600 > 0)`,
            },
          ],
        }),
        lines({
          title: 'Actions called suspicious, by what is true',
          description:
            'Of honest actions the share that is accused, and of altered ones the share that is seen, by kind.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              legend: '{{truth}}',
              expr: `sum by (truth) (increase(${evaluator('flagged_actions_total')}[1h])) / (sum by (truth) (increase(${evaluator('actions_total')}[1h])) > 0)`,
            },
          ],
        }),
      ],
    },
    {
      title: 'Drift',
      panels: [
        lines({
          title: 'Features, difference from what the model knows',
          description:
            'Population stability index of each feature over an hour. Above 0.25 play has changed (a patch, a device, another client), and scores and alerts are less right than they were.',
          unit: 'short',
          width: 24,
          queries: [
            {
              legend: '{{feature}}',
              expr: driftOf(
                `sum by (feature, bin) (increase(${scorer('feature_values_total')}[1h])) / on (feature) group_left () (sum by (feature) (increase(${scorer('feature_values_total')}[1h])) > 0)`,
                `max by (feature, bin) (${scorer('feature_reference_ratio')})`,
                'feature',
              ),
            },
          ],
        }),
      ],
    },
    {
      title: 'Speed',
      panels: [
        lines({
          title: 'From move to score',
          description: 'From the time of the move to its score, per batch. It includes what the client took to send.',
          unit: 's',
          width: 12,
          queries: [0.5, 0.9, 0.99].map(share => ({
            legend: `${share * 100} %`,
            expr: quantile(share, scorer('freshness_seconds_bucket')),
          })),
        }),
        lines({
          title: 'Time to score a batch',
          description: 'Computing alone, per batch.',
          unit: 's',
          width: 12,
          queries: [0.5, 0.99].map(share => ({
            legend: `${share * 100} %`,
            expr: quantile(share, scorer('batch_duration_seconds_bucket')),
          })),
        }),
      ],
    },
    {
      title: 'State',
      panels: [
        bars({
          title: 'Players in memory, by partition',
          description:
            'Players whose last minutes are known. A partition that has far more than others has a key problem.',
          unit: 'short',
          width: 8,
          queries: [{ legend: '{{topic}} {{partition}}', expr: `sum by (topic, partition) (${scorer('state_keys')})` }],
        }),
        lines({
          title: 'Records that a restart reads again',
          description: 'To rebuild its state a restarted scorer reads this many records before it goes on.',
          unit: 'short',
          width: 8,
          queries: [{ legend: '{{topic}}', expr: `sum by (topic) (${scorer('state_rewind_records')})` }],
        }),
        lines({
          title: 'Moves with a flaw, per second',
          description:
            'Late moves and those with an implausible event time are judged alone; beyond the limit of players moves are processed without state.',
          unit: 'short',
          width: 8,
          queries: [
            { legend: 'late', expr: perSecond(scorer('late_records_total')) },
            { legend: 'duplicate, dropped', expr: perSecond(scorer('duplicate_records_total')) },
            { legend: 'implausible time', expr: perSecond(scorer('implausible_time_records_total')) },
            { legend: 'too many players', expr: perSecond(scorer('state_refused_records_total')) },
          ],
        }),
      ],
    },
  ],
})
