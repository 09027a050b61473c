import { bars, board, lines, number } from '../panels.ts'
import { createSelectors } from '../selectors.ts'

const { named, every } = createSelectors('namespace=~"$namespace"', 'service=~"$service"')
const legend = '{{pod}}'
const each = (expr: string): string => `sum by (service, pod) (${expr})`
const cores = each(`rate(${named('process_cpu_seconds_total')}[$__rate_interval])`)
const memory = each(named('process_resident_memory_bytes'))

/** The processes themselves. */
export const runtime = board({
  uid: 'millrace-runtime',
  title: 'Runtime',
  description: 'The processes themselves: readiness, restarts, processor, memory, event loop.',
  choosesService: true,
  rows: [
    {
      title: 'Now',
      panels: [
        number({
          title: 'Processes',
          description: 'Processes that answer.',
          unit: 'short',
          width: 6,
          queries: [{ legend: 'processes', expr: `count(${named('millrace_ready')})` }],
        }),
        number({
          title: 'Not ready',
          description: 'Of these, the ones that say that they are not ready; `/readyz` of each says why.',
          unit: 'short',
          width: 6,
          badFrom: 1,
          queries: [{ legend: 'not ready', expr: `count(${named('millrace_ready')} == 0) or vector(0)` }],
        }),
        number({
          title: 'Cores in use',
          description: 'Processor time of all processes together.',
          unit: 'short',
          width: 6,
          decimals: 2,
          queries: [{ legend: 'cores', expr: `sum(${cores})` }],
        }),
        number({
          title: 'Memory in use',
          description: 'Resident memory of all processes together.',
          unit: 'bytes',
          width: 6,
          decimals: 0,
          queries: [{ legend: 'memory', expr: `sum(${memory})` }],
        }),
      ],
    },
    {
      title: 'Life',
      panels: [
        lines({
          title: 'Ready',
          description: '1 while a process says that it is ready.',
          unit: 'short',
          width: 6,
          max: 1,
          queries: [{ legend, expr: each(named('millrace_ready')) }],
        }),
        lines({
          title: 'Restarts in the last half hour',
          description: 'Three make an alert.',
          unit: 'short',
          badFrom: 3,
          width: 6,
          queries: [{ legend, expr: each(`changes(${named('process_start_time_seconds')}[30m])`) }],
        }),
        lines({
          title: 'Stopped domains',
          description:
            '1 for a domain that an error has stopped in some process of a service; its other domains go on.',
          unit: 'short',
          badFrom: 1,
          width: 6,
          queries: [
            { legend: '{{service}} {{domain}}', expr: `max by (service, domain) (${every('stopped_domains')})` },
          ],
        }),
        bars({
          title: 'Since the last progress',
          description:
            'Time since any process of a service finished a batch. A consumer without traffic makes none; look at its lag too.',
          unit: 's',
          width: 6,
          queries: [
            { legend: '{{service}}', expr: `time() - max by (service) (${every('last_progress_seconds')} > 0)` },
          ],
        }),
      ],
    },
    {
      title: 'Resources',
      panels: [
        lines({
          title: 'Cores',
          description: 'Processor time per second. A Node process works on little more than one.',
          unit: 'short',
          width: 8,
          queries: [{ legend, expr: cores }],
        }),
        lines({
          title: 'Resident memory',
          description: 'It must be flat under steady load.',
          unit: 'bytes',
          width: 8,
          queries: [{ legend, expr: memory }],
        }),
        lines({
          title: 'Heap in use',
          description: 'Of the JavaScript heap; what is beyond it in memory are buffers and libraries.',
          unit: 'bytes',
          width: 8,
          queries: [{ legend, expr: each(named('nodejs_heap_size_used_bytes')) }],
        }),
        lines({
          title: 'Event loop lag, slowest 1 %',
          description: 'How late timers run. Above 100 ms a process does too much in one go.',
          unit: 's',
          width: 8,
          queries: [{ legend, expr: each(named('nodejs_eventloop_lag_p99_seconds')) }],
        }),
        lines({
          title: 'Garbage collection',
          description: 'Seconds per second that are spent on it.',
          unit: 'percentunit',
          width: 8,
          queries: [{ legend, expr: each(`rate(${named('nodejs_gc_duration_seconds_sum')}[$__rate_interval])`) }],
        }),
        lines({
          title: 'Open files',
          description: 'Files and connections.',
          unit: 'short',
          width: 8,
          queries: [{ legend, expr: each(named('process_open_fds')) }],
        }),
      ],
    },
    {
      title: 'Work',
      panels: [
        lines({
          title: 'Records per second, by service',
          description: 'Records that were read.',
          unit: 'short',
          width: 8,
          queries: [
            { legend: '{{service}}', expr: `sum by (service) (rate(${every('records_in_total')}[$__rate_interval]))` },
          ],
        }),
        lines({
          title: 'Bytes under way',
          description: 'Bytes of records that were taken and are not finished; each process has a limit.',
          unit: 'bytes',
          width: 8,
          queries: [{ legend, expr: each(every('in_flight_bytes')) }],
        }),
        lines({
          title: 'Time of a batch, slowest 1 %',
          description: 'For the archiver and the mart writer it includes the store.',
          unit: 's',
          width: 8,
          queries: [
            {
              legend: '{{service}}',
              expr: `histogram_quantile(0.99, sum by (le, service) (rate(${every('batch_duration_seconds_bucket')}[$__rate_interval])))`,
            },
          ],
        }),
      ],
    },
  ],
})
