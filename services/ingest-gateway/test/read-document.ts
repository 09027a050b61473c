import type { Catalog } from '@millrace/contracts'
import { openApiDocument } from '../src/openapi/document.ts'
import type { GatewayOptions } from '../src/options.ts'

interface Example {
  readonly value: unknown
}
type Examples = Readonly<Record<string, Example | { readonly $ref: string }>>
interface Schema {
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly required: readonly string[]
}

export interface ApiDocument {
  readonly openapi: string
  readonly info: { readonly description: string }
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly post: {
          readonly description: string
          readonly requestBody: {
            readonly content: Readonly<Record<string, { readonly examples: Readonly<Record<string, Example>> }>>
          }
          readonly responses: Readonly<
            Record<
              string,
              {
                readonly headers?: Readonly<Record<string, { readonly description: string }>>
                readonly content: Readonly<Record<string, { readonly examples: Examples }>>
              }
            >
          >
        }
      }
    >
  >
  readonly components: {
    readonly securitySchemes: { readonly apiKey: { readonly description: string } }
    readonly examples: Readonly<Record<string, Example>>
    readonly schemas: Readonly<Record<string, Schema>>
  }
}

/** The document as a client reads it. */
export const documentOf = (catalog: Catalog, options?: Partial<GatewayOptions>): ApiDocument =>
  JSON.parse(JSON.stringify(openApiDocument(catalog, options)))

/** An answer that the document shows. */
export interface DocumentedAnswer {
  readonly path: string
  readonly status: number
  readonly contentType: string
  readonly name: string
  readonly value: unknown
  /** Where it stands, for messages. */
  readonly place: string
}

/** The answers that a document shows, references resolved. */
export const examplesOf = ({ paths, components }: ApiDocument): DocumentedAnswer[] =>
  Object.entries(paths).flatMap(([path, { post }]) =>
    // A path that is only read has no examples.
    Object.entries((post as typeof post | undefined)?.responses ?? {}).flatMap(([status, { content }]) =>
      Object.entries(content).flatMap(([contentType, { examples }]) =>
        Object.entries(examples).map(([name, example]) => {
          const shared = '$ref' in example ? components.examples[example.$ref.split('/').at(-1)!]! : example
          const place = `${path} ${status} ${name}`
          return { path, status: Number(status), contentType, name, value: shared.value, place }
        }),
      ),
    ),
  )
