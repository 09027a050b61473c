/** Events per second that fill a buffer, a line each, over and over. */
export function fillBuffer(events: number, next: () => string): number {
  const buffer = Buffer.allocUnsafe(1 << 20)
  const startMs = performance.now()
  let at = 0
  for (let i = 0; i < events; i++) {
    if (at > buffer.length - 2_048) at = 0
    at += buffer.write(next(), at, 'latin1')
    buffer[at++] = 10
  }
  return events / ((performance.now() - startMs) / 1_000)
}
