import { runInNewContext } from 'node:vm'
import { createCatalog } from '@millrace/contracts'
import { catalog } from '@millrace/domains/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { startGateway } from '../../test/gateway-kit.ts'
import { orchard } from '../../test/orchard.ts'
import { documentOf, examplesOf } from '../../test/read-document.ts'
import { answeredCodes } from '../errors.ts'
import { defaultOptions } from '../options.ts'
import { foreignShapes } from '../shapes/index.ts'
import { shapeDescriptions } from './foreign-shapes.ts'
import { shapeExamples } from './shape-examples.ts'

const document = documentOf(createCatalog([lol]))

/** Every text that a page shows as Markdown, by its place in the document. */
function textsOf(value: unknown, place = '', key = ''): [place: string, text: string][] {
  if (typeof value === 'string') return key === 'description' || key === 'summary' ? [[place, value]] : []
  if (typeof value !== 'object' || value === null || key === 'value') return []
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, `${place}/${name}`, name))
}

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')

describe('the OpenAPI document', () => {
  it('has a path for every topic that clients may write, and a schema of both forms', () => {
    expect(document.openapi).toBe('3.1.0')
    const own = Object.keys(document.paths).filter(path => path.startsWith('/v1/events/'))
    expect(own).toEqual(['/v1/events/lol', '/v1/events/lol/truth'])
    const { LolRaw, LolRawWire } = document.components.schemas
    expect(Object.keys(LolRaw!.properties)).toEqual(Object.keys(lol.topics.raw.schema.shape))
    expect(LolRaw!.required).toContain('eventId')
    expect(LolRawWire!.required).not.toContain('eventId')
    expect(LolRawWire!.properties.x).toMatchObject({ anyOf: [{ type: 'number' }, { type: 'string' }] })
    expect(LolRawWire!.properties.account).toEqual(LolRaw!.properties.account)
  })

  it('has the paths of every foreign shape', () => {
    const paths = Object.keys(document.paths).map(path => path.replace('{topic}', ':topic'))
    for (const { path } of foreignShapes) expect(paths).toContain(path)
    expect(shapeDescriptions.map(({ shape }) => shape)).toEqual(foreignShapes)
  })

  it('refers only to what is there', () => {
    const places = [...JSON.stringify(document).matchAll(/"#\/components\/(schemas|examples)\/(\w+)"/g)]
    expect(new Set(places.map(([, kind]) => kind))).toEqual(new Set(['schemas', 'examples']))
    for (const [, kind, name] of places)
      expect(document.components[kind as 'schemas' | 'examples']).toHaveProperty(name!)
  })

  it('has an example of every code that an answer can have, and of no other', () => {
    const domains = [catalog, createCatalog([orchard])]
    const own = domains
      .flatMap(domain => examplesOf(documentOf(domain)))
      .map(({ value }) => (value as { code?: string }).code)
    // Not every shape says the code in its answers.
    const foreign = domains.flatMap(domain =>
      shapeDescriptions.flatMap(description =>
        shapeExamples(description, [...domain.routes.values()][0]!, {
          catalog: domain,
          options: defaultOptions,
          wrong: undefined,
        }),
      ),
    )
    const documented = [...own, ...foreign.map(({ code }) => code)]
    expect(new Set(documented.filter(code => code !== undefined))).toEqual(new Set(answeredCodes))
    expect(document.components.schemas.Problem!.properties.code!.enum).toEqual(answeredCodes)
  })

  it('has every example under the status that it says', () => {
    for (const { status, value, place } of examplesOf(documentOf(catalog)))
      expect((value as { status?: number }).status ?? status, place).toBe(status)
  })

  it.each([
    ['the domains of the repository', catalog],
    ['a domain that writes tags and underscores', createCatalog([orchard])],
  ])('has no text that a page would take for HTML or for emphasis: %s', (_, domains) => {
    const texts = textsOf(documentOf(domains))
    expect(texts.length).toBeGreaterThan(100)
    for (const [place, text] of texts) expect(withoutCode(text), place).not.toMatch(/<|__/)
  })

  it('keeps what a contract writes between angle brackets', () => {
    const { paths, components } = documentOf(createCatalog([orchard]))
    expect(paths['/v1/events/orchard']!.post.description).toContain('of `<farm>`, `<tree>` and `__row__`.')
    expect(components.schemas.OrchardRaw!.properties.tree!.description).toBe('`<row>`-`<number>`')
  })

  it('says what a key looks like', () => {
    const { info, components } = document
    for (const text of [info.description, components.securitySchemes.apiKey.description])
      expect(text).toContain('`mr_<id>_<secret>`')
  })

  it('explains every status and every limit in its introduction', () => {
    const statuses = examplesOf(document).map(({ status }) => status)
    const [, table = ''] = document.info.description.split('## Answers')
    const rows = [...table.split('## Limits')[0]!.matchAll(/^\| ([\d, ]+) \|/gm)]
    const explained = rows.flatMap(([, list]) => list!.split(', ')).map(Number)
    expect(explained.sort()).toEqual([...new Set(statuses)].sort())
    const limited = documentOf(createCatalog([lol]), { maxRecords: 17, maxBodyBytes: 1_234, ackDeadlineMs: 3_000 })
    expect(limited.info.description).toMatch(/\| records in a request \| 17 \|[\s\S]*\| 1,234 \|[\s\S]*\| 3 s \|/)
    expect(limited.paths['/v1/events/lol']!.post.description).toContain('At most 17 records')
  })
})

describe('pages', () => {
  it('say what is here', async () => {
    const { post } = await startGateway()
    const front = await post(null, { path: '/', method: 'GET', key: null })
    expect(front.json).toMatchObject({ send: ['POST /v1/events/lol', 'POST /v1/events/lol/truth'], docs: '/docs' })
  })

  it('serve the document with the limits of this gateway', async () => {
    const options = { ...defaultOptions, maxRecords: 17 }
    const { post } = await startGateway({ options })
    const served = await post(null, { path: '/openapi.json', method: 'GET', key: null })
    expect(served.json).toEqual(JSON.parse(JSON.stringify(documentOf(createCatalog([lol]), options))))
  })

  it('show the document with nothing from elsewhere', async () => {
    const { post, url } = await startGateway()
    const page = await post(null, { path: '/docs', method: 'GET', key: null })
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => new URL(part!, `${url}/docs`))
    expect(parts.length).toBeGreaterThan(3)
    for (const part of parts) {
      expect(part.origin).toBe(url)
      const response = await fetch(part)
      expect(response.status, part.pathname).toBe(200)
      await response.arrayBuffer()
    }
    expect((await post(null, { path: '/docs/json', method: 'GET', key: null })).json.openapi).toBe('3.1.0')
  })

  it('send NDJSON examples as lines, which Swagger UI alone would quote', async () => {
    const { url } = await startGateway()
    const page = await (await fetch(`${url}/docs`)).text()
    const scripts = [...page.matchAll(/<script src="([^"]+)"/g)].map(([, source]) => source!)
    const script = scripts.findIndex(source => source.endsWith('/ndjson-examples.js'))
    // After the bundle that it wraps.
    expect(script).toBeGreaterThan(scripts.findIndex(source => source.endsWith('/swagger-ui-bundle.js')))
    const plugins: (() => { afterLoad(this: object): void })[] = []
    const window = { SwaggerUIBundle: (config: { plugins: typeof plugins }) => plugins.push(...config.plugins) }
    runInNewContext(await (await fetch(new URL(scripts[script]!, `${url}/docs`))).text(), { window })
    window.SwaggerUIBundle({ plugins: [] })
    const fn = {
      getSampleSchema: (_schema: unknown, _type: string, _config: unknown, example: unknown) => JSON.stringify(example),
    }
    for (const plugin of plugins) plugin().afterLoad.call({ fn })
    expect(fn.getSampleSchema({}, 'application/x-ndjson', {}, '{}\n{}\n')).toBe('{}\n{}\n')
    expect(fn.getSampleSchema({}, 'application/json', {}, 'text')).toBe('"text"')
    expect(fn.getSampleSchema({}, 'application/json', {}, [{}])).toBe('[{}]')
  })
})
