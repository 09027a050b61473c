import { createCatalog } from '@millrace/contracts'
import { lol } from '@millrace/domains/lol/contract'
import { describe, expect, it } from 'vitest'
import { startGateway } from '../test/gateway-kit.ts'
import { gatewayErrors } from './errors.ts'
import { openApiDocument } from './openapi.ts'

interface Document {
  readonly openapi: string
  readonly paths: Record<
    string,
    { post: { requestBody: { content: Record<string, { examples: Record<string, { value: unknown }> }> } } }
  >
  readonly components: {
    readonly schemas: Record<string, { properties: Record<string, Record<string, unknown>>; required: string[] }>
  }
}

const document = openApiDocument(createCatalog([lol])) as unknown as Document

describe('the OpenAPI document', () => {
  it('has a path for every topic that clients may write, and a schema of both forms', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual(['/v1/events/lol', '/v1/events/lol/truth'])
    const { LolRaw, LolRawWire } = document.components.schemas
    expect(Object.keys(LolRaw!.properties)).toEqual(Object.keys(lol.topics.raw.schema.shape))
    expect(LolRaw!.required).toContain('eventId')
    expect(LolRawWire!.required).not.toContain('eventId')
    expect(LolRawWire!.properties.x).toMatchObject({ anyOf: [{ type: 'number' }, { type: 'string' }] })
    expect(LolRawWire!.properties.account).toEqual(LolRaw!.properties.account)
  })

  it('refers only to what is there', () => {
    const text = JSON.stringify(document)
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name!)
  })

  it('names every code that an answer can have', () => {
    const codes = Object.entries(gatewayErrors).filter(([, { status }]) => status !== null)
    expect(document.components.schemas.Problem!.properties.code!.enum).toEqual(codes.map(([code]) => code))
  })

  it('has examples that the gateway takes', async () => {
    const { post } = await startGateway()
    for (const [path, { post: operation }] of Object.entries(document.paths))
      for (const [type, { examples }] of Object.entries(operation.requestBody.content))
        for (const { value } of Object.values(examples))
          expect((await post(value as object, { path, type })).status, `${path} ${type}`).toBe(200)
  })
})

describe('pages', () => {
  it('say what is here', async () => {
    const { post } = await startGateway()
    const front = await post(null, { path: '/', method: 'GET', key: null })
    expect(front.json).toMatchObject({ send: ['POST /v1/events/lol', 'POST /v1/events/lol/truth'], docs: '/docs' })
    const served = await post(null, { path: '/openapi.json', method: 'GET', key: null })
    expect(served.json).toEqual(JSON.parse(JSON.stringify(document)))
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
})
