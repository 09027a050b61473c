import { readFileSync } from 'node:fs'
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml'

/** A key of values.yaml with what its comment says. */
export interface Value {
  readonly path: readonly string[]
  readonly description: string
  readonly default: unknown
  /** What `@schema` adds to what the default shows; `$ref` is the name of a shared shape. */
  readonly schema: Readonly<Record<string, unknown>>
  /** Keys below, where the key is a group and not a setting. */
  readonly children: readonly Value[] | null
}

/**
 * Reads the chart's values and their comments.
 * @throws Error that names the key whose comment cannot be understood, or that has none
 */
export function readValues(file: URL): readonly Value[] {
  const document = parseDocument(readFileSync(file, 'utf8'))
  if (document.errors[0]) throw document.errors[0]
  if (!isMap(document.contents)) throw new Error(`${file.pathname} is not a map.`)
  // The comment before the first key is the file's.
  return readMap(document.contents, [])
}

const readMap = (map: YAMLMap, parent: readonly string[]): Value[] =>
  map.items.map((pair, index) => {
    if (!isScalar(pair.key)) throw new Error(`A key below ${parent.join('.')} is not a text.`)
    const path = [...parent, String(pair.key.value)]
    // The comment before the first key of a map belongs to the map.
    const comment = pair.key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? ''
    const { description, schema } = readComment(comment, path)
    const value = pair.value
    const isGroup = isMap(value) && value.items.length > 0 && schema.$ref === undefined
    const node = value as { toJSON(): unknown } | null
    if (!isGroup && description === '')
      throw new Error(`${path.join('.')} has no description: write "# -- …" above it.`)
    return {
      path,
      description,
      schema,
      default: node?.toJSON() ?? null,
      children: isGroup ? readMap(value, path) : null,
    }
  })

function readComment(comment: string, path: readonly string[]) {
  const lines = comment.split('\n').map(line => line.trim())
  const schemaLine = lines.find(line => line.startsWith('@schema'))
  const begin = lines.findIndex(line => line.startsWith('-- '))
  const described = begin < 0 ? [] : lines.slice(begin).filter(line => !line.startsWith('@schema'))
  try {
    const schema = JSON.parse(schemaLine?.slice('@schema'.length) ?? '{}') as Record<string, unknown>
    return { description: described.join(' ').slice('-- '.length), schema }
  } catch (error) {
    throw new Error(`@schema of ${path.join('.')} is not JSON: ${(error as Error).message}`, { cause: error })
  }
}
