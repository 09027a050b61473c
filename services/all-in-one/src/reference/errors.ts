import { modelErrors } from '@millrace/anomaly-scorer'
import { recordErrors } from '@millrace/contracts'
import { logErrors } from '@millrace/event-log'
import { gatewayErrors } from '@millrace/ingest-gateway'
import { lakeErrors, undecodableErrors } from '@millrace/lake'
import { martErrors } from '@millrace/mart'
import { martWriterErrors } from '@millrace/mart-writer'
import { type ErrorTable, listenErrors, lockErrors } from '@millrace/runtime'
import { simulationErrors } from '@millrace/simulation'
import { smsGatewayErrors } from '@millrace/sms-gateway'
import { streamErrors } from '@millrace/stream'
import { stackErrors } from '@millrace/testing'
import { heldLineErrors } from '../failed-events/replay-line.ts'
import { cell } from './topics.ts'

const tables: Readonly<Record<string, ErrorTable>> = {
  'Ingest gateway': gatewayErrors,
  'Records that a service cannot process': recordErrors,
  'Records that the lake cannot store': undecodableErrors,
  'Records that the mart cannot store': martWriterErrors,
  'Messages that were not sent': smsGatewayErrors,
  'Lines that "failed replay" holds back': heldLineErrors,
  Services: streamErrors,
  'Event log': logErrors,
  Lake: lakeErrors,
  Mart: martErrors,
  'Models of the anomaly scorer': modelErrors,
  Generators: simulationErrors,
  Directories: lockErrors,
  'Addresses to listen on': listenErrors,
  'Local servers': stackErrors,
}

/** The reference page of all error codes. */
export const errorsPage = (): string =>
  [
    '# Error codes',
    '',
    'Codes stand in log lines, in problem details of the gateway and in `failed-events`.',
    '',
    ...Object.entries(tables).flatMap(([name, table]) => [
      `## ${name}`,
      '',
      '| code | message | try again |',
      '|---|---|---|',
      ...Object.entries(table).map(
        ([code, { message, retryable }]) => `| \`${code}\` | ${cell(message)} | ${retryable ? 'yes' : 'no'} |`,
      ),
      '',
    ]),
  ].join('\n')
