import { z } from 'zod'

/** Type of a stored column. `rows` holds rows of numbers with a name each; `json` holds other arrays and objects as JSON text. */
export type ColumnType = 'string' | 'timestamp' | 'double' | 'bigint' | 'boolean' | 'rows' | 'json'

/** A number of each row, by its place in the row. */
export interface RowColumn {
  readonly name: string
  readonly type: 'double' | 'bigint'
}

export interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  readonly description: string
  /** Of rows; empty for other types. */
  readonly rowColumns: readonly RowColumn[]
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
  title?: string
  description?: string
  anyOf?: JsonSchemaField[]
  const?: unknown
  items?: JsonSchemaField | false
  prefixItems?: JsonSchemaField[]
}

/** The columns of an array of which each item has the same numbers, all with a title; none for any other field. */
function rowColumnsOf({ type, items, anyOf }: JsonSchemaField): RowColumn[] {
  const [branch, ...others] = (anyOf ?? []).filter(({ type }) => type !== 'null')
  if (branch && others.length === 0) return rowColumnsOf(branch)
  if (type !== 'array' || !items || items.items !== false) return []
  const columns = (items.prefixItems ?? []).map(({ title = '', ...item }) => ({ name: title, type: typeOf(item).type }))
  return columns.every((column): column is RowColumn => column.name !== '' && isNumeric(column.type)) ? columns : []
}

const isNumeric = (type: ColumnType): type is RowColumn['type'] => type === 'double' || type === 'bigint'

function typeOf(field: JsonSchemaField): { type: ColumnType; nullable: boolean } {
  if (field.anyOf) {
    const branches = field.anyOf.filter(branch => branch.type !== 'null').map(typeOf)
    const type = branches[0]?.type ?? 'json'
    const isOne = branches.every(branch => branch.type === type) && (type !== 'rows' || branches.length === 1)
    return {
      type: isOne ? type : 'json',
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
  if (rowColumnsOf(field).length > 0) return { type: 'rows', nullable: false }
  if (field.type === 'boolean') return { type: 'boolean', nullable: false }
  return { type: 'json', nullable: false }
}

/** By schema: a JSON schema costs about a millisecond, and every partition that is assigned asks for its columns. */
const known = new WeakMap<z.ZodObject, readonly Column[]>()

/** The typed columns of an event schema, in its order; unknown fields are not among them. */
export function columnsOf(schema: z.ZodObject): readonly Column[] {
  const columns = known.get(schema) ?? readColumns(schema)
  known.set(schema, columns)
  return columns
}

function readColumns(schema: z.ZodObject): Column[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema) as {
    properties?: Record<string, JsonSchemaField>
    required?: string[]
  }
  return Object.entries(properties).map(([name, field]) => {
    const { type, nullable } = typeOf(field)
    return {
      name,
      type,
      nullable: nullable || !required.includes(name),
      description: field.description ?? '',
      rowColumns: rowColumnsOf(field),
    }
  })
}

/** The type of a column as it is shown to people, such as `list of (ms bigint, x double)`. */
export const columnTypeText = ({ type, rowColumns }: Column): string =>
  type === 'rows' ? `list of (${rowColumns.map(column => `${column.name} ${column.type}`).join(', ')})` : type
