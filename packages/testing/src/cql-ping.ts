import { exchange, type Wire } from './wire.ts'

const VERSION = 4
const [ERROR, STARTUP, READY, AUTHENTICATE, QUERY, RESULT] = [0x00, 0x01, 0x02, 0x03, 0x07, 0x08]
const [AUTH_RESPONSE, AUTH_SUCCESS] = [0x0f, 0x10]
const CONSISTENCY_ONE = 1

/** Connects as a driver does and runs one query; rejects unless a result comes back (CQL binary protocol, version 4). */
export async function pingCql(
  host: string,
  port: number,
  {
    timeoutMs,
    login,
  }: { readonly timeoutMs: number; readonly login?: { readonly username: string; readonly password: string } },
): Promise<void> {
  await exchange({ host, port, timeoutMs }, async wire => {
    const startup = Buffer.concat([uint16(1), shortText('CQL_VERSION'), shortText('3.0.0')])
    await ask(wire, { opcode: STARTUP, body: startup, expected: login ? AUTHENTICATE : READY })
    if (login) {
      const token = longText(`\0${login.username}\0${login.password}`)
      await ask(wire, { opcode: AUTH_RESPONSE, body: token, expected: AUTH_SUCCESS })
    }
    const query = longText('SELECT release_version FROM system.local')
    const body = Buffer.concat([query, uint16(CONSISTENCY_ONE), Buffer.from([0])])
    await ask(wire, { opcode: QUERY, body, expected: RESULT })
  })
}

async function ask(wire: Wire, { opcode, body, expected }: { opcode: number; body: Buffer; expected: number }) {
  const header = Buffer.alloc(9)
  header[0] = VERSION
  header[4] = opcode
  header.writeInt32BE(body.length, 5)
  wire.send(Buffer.concat([header, body]))
  const answer = await wire.receive(9)
  const content = await wire.receive(answer.readInt32BE(5))
  if (answer[4] === expected) return
  const reason = answer[4] === ERROR ? content.toString('utf8', 6) : `opcode ${answer[4]}`
  throw new Error(`Cassandra answered ${reason}`)
}

const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
function longText(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}
const shortText = (text: string): Buffer => Buffer.concat([uint16(text.length), Buffer.from(text)])
