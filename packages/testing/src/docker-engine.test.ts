import { describe, expect, it } from 'vitest'
import { isThisMachine, textOf, whyNoEngine } from './docker-engine.ts'

describe('textOf', () => {
  const frame = (stream: number, text: string): Buffer => {
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
    header.writeUInt32BE(Buffer.byteLength(text), 4)
    return Buffer.concat([header, Buffer.from(text)])
  }

  it('puts the lines of both streams together as they were written', () => {
    expect(textOf(Buffer.concat([frame(1, 'started\n'), frame(2, 'größer\n'), frame(1, 'ended\n')]))).toBe(
      'started\ngrößer\nended\n',
    )
    expect(textOf(Buffer.alloc(0))).toBe('')
  })

  it('reads a log that is cut off in the middle', () => {
    expect(textOf(frame(1, 'started\n').subarray(0, 12))).toBe('star')
    expect(textOf(Buffer.concat([frame(1, 'a\n'), Buffer.from([1, 0, 0])]))).toBe('a\n')
  })
})

describe('isThisMachine', () => {
  it.each(['localhost', '127.0.0.1'])('knows %s', async host => {
    expect(await isThisMachine(host)).toBe(true)
  })

  it('does not take an address of another machine for its own', async () => {
    expect(await isThisMachine('203.0.113.7')).toBe(false) // an address that documentation may use and nobody has
  })
})

describe('whyNoEngine', () => {
  it('names the place that DOCKER_HOST asks for', () => {
    expect(whyNoEngine('tcp://10.0.0.9:2375')).toBe('no engine answers at DOCKER_HOST=tcp://10.0.0.9:2375')
    expect(whyNoEngine('unix:///no/such.sock')).toBe('no engine answers at DOCKER_HOST=unix:///no/such.sock')
  })

  it('says where was looked', () => {
    expect(whyNoEngine(undefined)).toMatch(/\/var\/run\/docker\.sock.*Docker Desktop.*DOCKER_HOST/)
  })

  it('tells a socket that this user may not use from none', () => {
    const denied = () => {
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' })
    }
    expect(whyNoEngine(undefined, denied)).toBe(
      "this user may not use the engine's socket /var/run/docker.sock (is it in the group docker?)",
    )
    expect(whyNoEngine('unix:///run/engine.sock', denied)).toContain('/run/engine.sock')
  })
})
