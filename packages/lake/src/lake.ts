export interface LakeEntry {
  /** Name within its folder. */
  readonly name: string
  readonly kind: 'file' | 'folder'
  readonly bytes: number
  readonly modifiedMs: number
}

/**
 * A file system of the lake. Paths are relative to its root, with `/`, and may hold any Unicode character but NUL.
 * Errors are `LakeError`s; temporary ones (safe mode, a dead node, no answer) are retryable.
 */
export interface Lake {
  /** Writes a new file from a buffer or a local file and verifies its length; missing folders are made. Replaces a file that is there: only temporary names are written. */
  write(path: string, source: Buffer | { readonly localFile: string }): Promise<{ readonly bytes: number }>
  /**
   * Renames a file and never replaces one; missing target folders are made. With an existing target and a missing source the outcome is `target-exists`.
   * After a lost answer the adapter reads both names, so the outcome is correct,
   * except that `target-exists` may then be one's own earlier success: the caller compares contents.
   */
  rename(from: string, to: string): Promise<'renamed' | 'target-exists' | 'source-missing'>
  /** Rejects with `not_found` when there is no such file. */
  read(path: string): Promise<Buffer>
  /** Streams a file to a local one; removes the partial file when it fails. */
  download(path: string, localFile: string): Promise<void>
  /**
   * Entries of a folder after `after` (exclusive), at most `limit`; empty when there is no such folder. ASCII names come in their order;
   * the position of others is defined by the adapter and stable.
   */
  list(folder: string, options?: { readonly after?: string; readonly limit?: number }): Promise<readonly LakeEntry[]>
  stat(path: string): Promise<LakeEntry | null>
  /** Removes a file; false when there was none. */
  remove(path: string): Promise<boolean>
  /** Resolves when the lake answers and takes writes. */
  ping(): Promise<void>
  /** Location for messages, e.g. `hdfs at http://127.0.0.1:9870/lake`. */
  readonly location: string
  close(): Promise<void>
}
