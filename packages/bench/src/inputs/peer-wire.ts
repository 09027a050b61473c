/** How a peer is started. */
export interface PeerCommand {
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/** What a peer is told to do. */
export type Ask = { readonly ask: string } & Readonly<Record<string, unknown>>

/** @throws what the peer says is wrong, and what is not an answer */
export function parseAnswer(line: string): Readonly<Record<string, number>> {
  let answer: unknown
  try {
    answer = JSON.parse(line)
  } catch {
    throw new Error(`Expected a line of JSON from the peer, got: ${line.slice(0, 200)}`)
  }
  if (typeof answer !== 'object' || answer === null) throw new Error(`Expected an object, got: ${line.slice(0, 200)}`)
  if ('error' in answer) throw new Error(`The peer failed: ${String(answer.error)}`)
  return answer as Readonly<Record<string, number>>
}
