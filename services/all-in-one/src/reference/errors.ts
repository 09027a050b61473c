import { logErrors } from '@millrace/event-log'
import { gatewayErrors } from '@millrace/ingest-gateway'
import { lakeErrors } from '@millrace/lake'
import { martErrors } from '@millrace/mart'
import { type ErrorTable, lockErrors } from '@millrace/runtime'
import { cell } from './topics.ts'

const tables: Readonly<Record<string, ErrorTable>> = {
  'Ingest gateway': gatewayErrors,
  'Event log': logErrors,
  Lake: lakeErrors,
  Mart: martErrors,
  Directories: lockErrors,
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
