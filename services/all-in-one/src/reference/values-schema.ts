import { allDomains } from '@millrace/domains/contracts'
import { envVariables, generatorNames, serviceEnvs } from './service-env.ts'
import type { Value } from './values-file.ts'

type Schema = Readonly<Record<string, unknown>>

const quantity = '^[0-9]+(\\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$'
const quantities = { type: 'object', additionalProperties: { $ref: '#/definitions/quantity' } }
const closed = (properties: Schema): Schema => ({ type: 'object', properties, additionalProperties: false })

/** Shapes that many values share, by the name that `@schema` uses. */
const definitions: Readonly<Record<string, Schema>> = {
  domain: { type: 'string', enum: allDomains.map(({ name }) => name) },
  quantity: { type: ['string', 'number'], pattern: quantity },
  heap: { type: 'string', pattern: '^[1-9][0-9]*[mg]$' },
  duration: { type: 'string', pattern: '^[0-9]+(ms|s|m|h|d)$' },
  durations: { type: 'object', additionalProperties: { $ref: '#/definitions/duration' } },
  resources: closed({ requests: quantities, limits: quantities }),
  storage: closed({ size: { $ref: '#/definitions/quantity' }, className: { type: 'string' } }),
  labels: { type: 'object', additionalProperties: { type: 'string' } },
  object: { type: 'object' },
  objects: { type: 'array', items: { type: 'object' } },
  peers: {
    type: 'array',
    items: closed({
      podSelector: { type: 'object' },
      namespaceSelector: { type: 'object' },
      ipBlock: { type: 'object' },
    }),
  },
}

/** What `global` holds for charts that have this one below them; Helm puts it into every group that is named as a subchart. */
const global = { global: { type: 'object' } }
const subcharts = ['services', 'kafka', 'hadoop', 'cassandra', 'monitoring']

/** JSON Schema of the chart's values: types from the defaults, the rest from comments, the services' environment from their own schemas. */
export function valuesSchema(values: readonly Value[]): Schema {
  const defaults = values.find(({ path }) => path[0] === 'serviceDefaults')
  if (!defaults?.children) throw new Error('values.yaml has no serviceDefaults.')
  const common = properties(defaults.children, {})
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Millrace chart',
    ...closed({ ...global, ...properties(values, common) }),
    definitions,
  }
}

const properties = (values: readonly Value[], common: Schema): Record<string, Schema> =>
  Object.fromEntries(values.map(value => [value.path.at(-1)!, schemaOf(value, common)]))

function schemaOf(value: Value, common: Schema): Schema {
  const { path, children, description } = value
  const about = description ? { description } : {}
  if (children) {
    const isService = path[0] === 'services' && path.length === 2
    const isSubchart = path.length === 1 && subcharts.includes(path[0]!)
    const generators = path.length === 1 && path[0] === 'services' ? generatorOverrides(children, common) : {}
    return {
      ...about,
      ...closed({
        ...(isSubchart ? global : {}),
        ...(isService ? common : {}),
        ...properties(children, common),
        ...generators,
      }),
    }
  }
  const { $ref, ...extra } = value.schema
  if ($ref === 'env') return { ...about, ...envSchema(path[1]!) }
  if ($ref === 'generatorEnv') return { ...about, ...anyGeneratorEnv() }
  if (typeof $ref === 'string') {
    if (!definitions[$ref]) throw new Error(`${path.join('.')}: there is no shape "${$ref}".`)
    return { ...about, $ref: `#/definitions/${$ref}` }
  }
  return { ...about, ...(extra.enum ? {} : { type: typeOf(value) }), ...extra }
}

/** What `services.<domain>-generator` may say in place of `services.generator`. */
function generatorOverrides(services: readonly Value[], common: Schema): Record<string, Schema> {
  const own = services.find(({ path }) => path[1] === 'generator')?.children ?? []
  const shared = properties(
    own.filter(({ path }) => !['keys', 'job', 'env'].includes(path[2]!)),
    common,
  )
  return Object.fromEntries(generatorNames.map(name => [name, closed({ ...common, ...shared, env: envSchema(name) })]))
}

/** Variables that some generator knows. */
const anyGeneratorEnv = (): Schema =>
  closed(Object.assign({}, ...generatorNames.map(name => envSchema(name).properties)) as Schema)

function typeOf({ default: fallback, path }: Value): string {
  if (Array.isArray(fallback)) return 'array'
  if (typeof fallback === 'number') return Number.isInteger(fallback) ? 'integer' : 'number'
  if (typeof fallback === 'string' || typeof fallback === 'boolean') return typeof fallback
  throw new Error(`${path.join('.')}: the default shows no type; say it in @schema.`)
}

function envSchema(service: string): Schema {
  const shape = serviceEnvs[service]
  if (!shape) throw new Error(`services.${service}: its environment is missing in service-env.ts.`)
  return closed(
    Object.fromEntries(
      envVariables(shape)
        .filter(({ isSecret }) => !isSecret)
        .map(({ name, expected, schema }) => [name, { description: expected, ...schema }]),
    ),
  )
}
