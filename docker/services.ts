import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

export const serviceFolder = (service: string): string => path.join(root, 'services', service)

/** Every service that is a process of its own, by the name of its folder. */
export const imageServices = (): readonly string[] =>
  readdirSync(path.join(root, 'services')).filter(name => existsSync(path.join(serviceFolder(name), 'src/main.ts')))

/** What a service says of itself. */
export const describeService = (service: string): { readonly version: string; readonly description: string } =>
  JSON.parse(readFileSync(path.join(serviceFolder(service), 'package.json'), 'utf8')) as {
    version: string
    description: string
  }
