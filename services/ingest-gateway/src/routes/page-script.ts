/**
 * Runs in the browser before Swagger UI starts. Swagger UI takes every media type with "json" in its name for JSON, and would show and
 * send an NDJSON example as one quoted JSON string.
 */
export const PAGE_SCRIPT = `{
  const start = window.SwaggerUIBundle
  const sendLinesAsTheyAre = () => ({
    afterLoad() {
      const { getSampleSchema } = this.fn
      this.fn.getSampleSchema = (schema, mediaType, config, example) =>
        typeof example === 'string' && mediaType.includes('ndjson')
          ? example
          : getSampleSchema(schema, mediaType, config, example)
    },
  })
  const withLines = config => start({ ...config, plugins: [...config.plugins, sendLinesAsTheyAre] })
  window.SwaggerUIBundle = Object.assign(withLines, start)
}
`
