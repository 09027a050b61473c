import { registerHooks } from 'node:module'

/*
 * The modules with which code of the product reaches its surroundings are replaced by simulated ones: disk, timers, random
 * numbers, threads and HTTP. Import this before anything of the product.
 */
const REPLACED = new Map(
  Object.entries({
    'node:crypto': 'crypto',
    'node:fs': 'fs',
    'node:fs/promises': 'fs-promises',
    'node:timers/promises': 'timers-promises',
    'node:zlib': 'zlib',
    undici: 'undici',
  }).map(([name, file]) => [name, new URL(`./${file}.ts`, import.meta.url).href]),
)

const IS_OF_PRODUCT = /\/(?:packages\/(?!simulator\/)|services\/)(?!.*\/node_modules\/)/

registerHooks({
  resolve(name, context, next) {
    const replacement = REPLACED.get(name)
    if (replacement === undefined || !IS_OF_PRODUCT.test(context.parentURL ?? '')) return next(name, context)
    return { url: replacement, format: 'module-typescript', shortCircuit: true }
  },
})
