const NEWLINE = 10

/** The lines of a byte stream without their newlines, in batches; a last line without newline counts. */
export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<readonly Buffer[]> {
  let pieces: Buffer[] = []
  for await (const chunk of source) {
    const lines: Buffer[] = []
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const end = chunk.subarray(from, at)
      lines.push(pieces.length > 0 ? Buffer.concat([...pieces, end]) : end)
      pieces = []
      from = at + 1
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
    if (lines.length > 0) yield lines
  }
  if (pieces.length > 0) yield [Buffer.concat(pieces)]
}
