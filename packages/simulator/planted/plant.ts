import { registerHooks } from 'node:module'
import { type Plant, plants } from './plants.ts'

/**
 * Puts a fault into the product: from now on its modules are loaded with it.
 * @throws where there is no such fault, or where the code that it changes is another one now
 */
export function plant(name: string): void {
  const found: Plant | undefined = plants.find(one => one.name === name)
  if (!found)
    throw new Error(`There is no planted fault "${name}": expected one of ${plants.map(one => one.name).join(', ')}.`)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const edits = found.edits.filter(({ file }) => url.endsWith(`/${file}`))
      if (edits.length === 0) return loaded
      let source = String(loaded.source)
      for (const { file, from, to } of edits) {
        if (source.split(from).length !== 2)
          throw new Error(`The planted fault "${name}" does not fit ${file} any more: expected once\n${from}`)
        source = source.replace(from, () => to)
      }
      return { ...loaded, source }
    },
  })
}
