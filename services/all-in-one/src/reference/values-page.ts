import { envVariables, serviceEnvs } from './service-env.ts'
import { cell } from './topics.ts'
import type { Value } from './values-file.ts'

/** The reference page of the chart's values and of every service's environment. */
export const valuesPage = (values: readonly Value[]): string =>
  [
    '# Values of the chart',
    '',
    'Generated from `charts/millrace/values.yaml` and the services; a key or type that is not here is refused before anything is applied.',
    'What stands under `serviceDefaults` may also be set for one service, under `services.<name>`.',
    '',
    ...values.flatMap(group => [
      `## ${group.path[0]}`,
      '',
      '| key | default | meaning |',
      '|---|---|---|',
      ...leaves(group).map(
        ({ path, default: fallback, description, schema }) =>
          `| \`${path.join('.')}\` | ${code(fallback)} | ${cell(description)}${choices(schema)} |`,
      ),
      '',
    ]),
    '## Environment of the services',
    '',
    'Set under `services.<name>.env`; it replaces what the chart derives. Secrets are not set here: they come from a Secret that the values name.',
    '',
    ...Object.entries(serviceEnvs).flatMap(([name, shape]) => [
      `### ${name}`,
      '',
      '| variable | default | expected |',
      '|---|---|---|',
      ...envVariables(shape).map(
        variable =>
          `| \`${variable.name}\` | ${variable.default === undefined ? '' : code(variable.default)} | ${cell(variable.expected)}${variable.isSecret ? ', from a Secret' : ''} |`,
      ),
      '',
    ]),
  ].join('\n')

const leaves = (value: Value): readonly Value[] => (value.children ? value.children.flatMap(leaves) : [value])

const code = (value: unknown): string =>
  `\`${cell(typeof value === 'string' && value !== '' ? value : JSON.stringify(value))}\``

const choices = ({ enum: allowed }: Value['schema']): string =>
  Array.isArray(allowed)
    ? ` One of ${allowed
        .filter(choice => choice !== '')
        .map(code)
        .join(', ')}.`
    : ''
