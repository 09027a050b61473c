import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { domainNames } from './index.ts'

/* Writes generated/: one module a facet, which imports that facet of every domain that has it. So a bundle holds no facet that it does not use. */

/** Facet → file of a domain, exported name (the domain's own name where null), name of the list. */
const facets = {
  contracts: { file: 'contract', exported: null, list: 'domainContracts' },
  curation: { file: 'curate', exported: 'curation', list: 'curations' },
  aggregation: { file: 'aggregate', exported: 'aggregation', list: 'aggregations' },
  profiling: { file: 'profile', exported: 'profiling', list: 'profilings' },
  simulation: { file: 'simulate', exported: 'simulation', list: 'simulations' },
  report: { file: 'report', exported: 'reporter', list: 'reporters' },
} as const

const folder = fileURLToPath(new URL('.', import.meta.url))
const camelCase = (name: string): string => name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The text of each generated module, by its path below packages/domains. */
export function generatedModules(names: readonly string[] = domainNames, root = folder): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(facets).map(([facet, { file, exported, list }]) => {
      const own = names.filter(name => existsSync(`${root}/${name}/${file}.ts`))
      const imports = own.map(name => {
        const local = camelCase(name)
        return `import { ${exported === null ? local : `${exported} as ${local}`} } from '../${name}/${file}.ts'\n`
      })
      const text = `// Generated from index.ts by \`npm run generate\`.\n${imports.join('')}\nexport const ${list} = [${own.map(camelCase).join(', ')}]\n`
      return [`generated/${facet}.ts`, text] as const
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [file, text] of generatedModules()) writeFileSync(`${folder}/${file}`, text)
