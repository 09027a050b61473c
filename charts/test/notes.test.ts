import { expect, it } from 'vitest'
import { chart, describeWithHelm, externalValues, helm, preset } from './helm.ts'

const install = (release: string, ...args: string[]): Promise<string> =>
  helm('install', release, chart, '--namespace', 'there', '--dry-run=client', ...args)
const notes = async (...args: string[]): Promise<string> => (await install('demo', ...args)).split('\nNOTES:\n')[1]!

describeWithHelm('the notes after an install', () => {
  it('say what to do next, by names that exist', async () => {
    const text = await install('demo', '-f', preset('laptop'), '--set', 'services.ingest-gateway.service.port=8081')
    const [objects, words] = text.split('\nNOTES:\n') as [string, string]
    expect(words).toContain('port-forward service/demo-ingest-gateway 8080:8081')
    expect(words).toContain('helm -n there test demo')
    for (const [, name] of words.matchAll(/(?:service\/|get secret )(\S+)/g))
      expect(objects).toContain(`name: ${name}\n`)
  })

  it('show no secret', async () => {
    const text = await install('demo')
    const key = Buffer.from(/api-key: (\S+)/.exec(text)![1]!, 'base64').toString()
    expect(key).toMatch(/^mr_/)
    const [, words] = text.split('\nNOTES:\n') as [string, string]
    expect(words).not.toContain(key)
    expect(words).not.toContain(Buffer.from(key).toString('base64'))
  })

  it('speak of the volumes only where there are some, and of the gateway only where there is one', async () => {
    expect(await notes()).toContain('An uninstall keeps the volumes')
    expect(await notes(...externalValues)).not.toContain('An uninstall keeps the volumes')
    const without = ['--set', 'services.ingest-gateway.enabled=false,services.generator.enabled=false']
    expect(await notes(...without)).not.toContain('API page')
  })
})
