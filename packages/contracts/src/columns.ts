import { z } from 'zod'

/** Type of a stored column. `json` holds arrays and objects as JSON text. */
export type ColumnType = 'string' | 'timestamp' | 'double' | 'bigint' | 'boolean' | 'json'

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  readonly description: string
}

/** Columns that the lake adds to those of each topic; `extra` holds what those cannot. */
export const LAKE_COLUMNS: readonly string[] = ['_topic', '_partition', '_offset', '_timestamp', 'extra']

/** The names that a store which does not tell case apart refuses, each with the earlier one that takes it. */
export function takenNames(
  names: readonly string[],
  reserved: readonly string[] = [],
): { readonly name: string; readonly by: string }[] {
  const taken = new Map(reserved.map(name => [name.toLowerCase(), name]))
  return names.flatMap(name => {
    const by = taken.get(name.toLowerCase())
    if (by === undefined) taken.set(name.toLowerCase(), name)
    return by === undefined ? [] : [{ name, by }]
  })
}

interface JsonSchemaField {
  type?: string | string[]
  format?: string
  description?: string
  anyOf?: JsonSchemaField[]
  const?: unknown
}

function typeOf(field: JsonSchemaField): { type: ColumnType; nullable: boolean } {
  if (field.anyOf) {
    const branches = field.anyOf.filter(branch => branch.type !== 'null').map(typeOf)
    const type = branches[0]?.type ?? 'json'
    return {
      type: branches.every(branch => branch.type === type) ? type : 'json',
      nullable: branches.length < field.anyOf.length,
    }
  }
  if (Array.isArray(field.type)) {
    const types = field.type.filter(type => type !== 'null')
    const [type] = types
    return {
      type: types.length === 1 && type ? typeOf({ ...field, type }).type : 'json',
      nullable: types.length < field.type.length,
    }
  }
  if (field.type === 'string') return { type: field.format === 'date-time' ? 'timestamp' : 'string', nullable: false }
  if (field.type === 'integer') return { type: 'bigint', nullable: false }
  if (field.type === 'number') return { type: Number.isInteger(field.const) ? 'bigint' : 'double', nullable: false }
  if (field.type === 'boolean') return { type: 'boolean', nullable: false }
  return { type: 'json', nullable: false }
}

/** The typed columns of an event schema, in its order; unknown fields are not among them. */
export function columnsOf(schema: z.ZodObject): Column[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema) as {
    properties?: Record<string, JsonSchemaField>
    required?: string[]
  }
  return Object.entries(properties).map(([name, field]) => {
    const { type, nullable } = typeOf(field)
    return { name, type, nullable: nullable || !required.includes(name), description: field.description ?? '' }
  })
}
