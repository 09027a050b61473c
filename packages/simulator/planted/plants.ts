/** A fault that is put into the code of the product, to see how many seeds find it. */
export interface Plant {
  readonly name: string
  /** Found by a drill or a review, or made up for this list. */
  readonly origin: 'was there' | 'made up'
  readonly what: string
  readonly edits: readonly {
    /** Path below the root of the project. */
    readonly file: string
    /** Text that is there exactly once. */
    readonly from: string
    readonly to: string
  }[]
}

export const plants: readonly Plant[] = [
  {
    name: 'send-over-several-brokers',
    origin: 'was there',
    what: 'Records for several partitions are acknowledged when one broker has stored its share and another one has not.',
    edits: [
      {
        file: 'packages/event-log/src/append-call.ts',
        from: `        this.#set(place, {
          ok: false,`,
        to: `        this.#set(place, this.#results.find(found => found?.ok) ?? {
          ok: false,`,
      },
    ],
  },
  {
    name: 'commit-before-store',
    origin: 'was there',
    what: 'A position is committed while the outputs before it are still on their way.',
    edits: [
      {
        file: 'packages/stream/src/outbox.ts',
        from: 'await this.#store(round.map(({ result }) => result))',
        to: 'const storing = this.#store(round.map(({ result }) => result))',
      },
      {
        file: 'packages/stream/src/outbox.ts',
        from: 'if (this.#waiting.length === 0) this.#running = null',
        to: 'this.#options.onStored(); await storing; if (this.#waiting.length === 0) this.#running = null',
      },
    ],
  },
  {
    name: 'doubled-rows',
    origin: 'was there',
    what: 'What was published before a kill and not committed is published again.',
    edits: [
      {
        file: 'packages/stream/src/published-outputs.ts',
        from: 'if (!ids) return emits',
        to: 'if (emits) return emits',
      },
    ],
  },
  {
    name: 'wiped-folder',
    origin: 'was there',
    what: 'A start clears the local folder of others that write into it.',
    edits: [
      {
        file: 'services/lake-archiver/src/topology.ts',
        from: '        clearLeftovers,\n',
        to: '        clearLeftovers: () => rm(spoolDirectory, { recursive: true, force: true }),\n',
      },
    ],
  },
  {
    name: 'buckets-never-freed',
    origin: 'was there',
    what: 'Ids of events are never forgotten.',
    edits: [
      {
        file: 'packages/stream/src/seen-ids.ts',
        from: 'if (isExpired(this.#endOf(index), bucket.touchedMs)) this.#buckets.delete(index)\n      else',
        to: '',
      },
    ],
  },
  {
    name: 'watermark-without-cap',
    origin: 'was there',
    what: 'An event with a clock that is ahead takes the watermark with it.',
    edits: [
      {
        file: 'packages/stream/src/progress.ts',
        from: 'Math.min(eventTimeMs, sentMs + WATERMARK_AHEAD_MS)',
        to: 'eventTimeMs',
      },
    ],
  },
  {
    name: 'lag-always-0',
    origin: 'was there',
    what: 'A service tells of no lag, whatever waits.',
    edits: [
      {
        file: 'packages/stream/src/runner.ts',
        from: 'Math.max(0, end - finished)',
        to: 'Math.max(0, finished - finished)',
      },
      {
        file: 'packages/stream/src/committer.ts',
        from: 'Math.max(0, worker.end - offset)',
        to: '0',
      },
    ],
  },
  {
    name: 'late-rename-taken-for-refusal',
    origin: 'was there',
    what: 'An archiver takes its own claim, which was answered late, for that of another one, and removes its files.',
    edits: [
      {
        file: 'packages/lake/src/segment/segment-writer.ts',
        from: 'await rollForward(lake, owner)\n        newest = owner\n        if (owner',
        to: 'newest = owner\n        if (owner',
      },
      {
        file: 'packages/lake/src/segment/claim.ts',
        from: `  const existing = await readOwner()
  if (existing) return existing
  if (outcome`,
        to: `  const existing = await readOwner()
  if (existing) return { ...existing, writerId: 'another' }
  if (outcome`,
      },
    ],
  },
  {
    name: 'lag-of-another-group',
    origin: 'was there',
    what: 'A service tells the lag of one of its consumer groups as that of all that read the topic.',
    edits: [
      {
        file: 'packages/stream/src/runner.ts',
        from: '{ group: this.name, topic, partition: String(partition) },\n      Math',
        to: '{ group: this.name.split(".")[0], topic, partition: String(partition) },\n      Math',
      },
      {
        file: 'packages/stream/src/committer.ts',
        from: 'lagRecords.set({ group, topic,',
        to: 'lagRecords.set({ group: group.split(".")[0], topic,',
      },
    ],
  },
  {
    name: 'range-read-in-part',
    origin: 'was there',
    what: 'A range of the log is read in part where a broker does not know of an offset yet, and nobody is told.',
    edits: [
      {
        file: 'packages/event-log/src/kafka/record-reader.ts',
        from: 'if (++refusals === REFUSALS)',
        to: 'return\n          if (++refusals === REFUSALS)',
      },
    ],
  },
  {
    name: 'temporary-file-stored-again',
    origin: 'was there',
    what: 'A data file that a request which came twice has stored again under its temporary name stays for ever.',
    edits: [
      {
        file: 'packages/lake/src/segment/roll-forward.ts',
        from: 'if (named && !(await lake.stat(named.path))) continue',
        to: 'if (named) continue',
      },
    ],
  },
  {
    name: 'spool-of-moved-partitions',
    origin: 'was there',
    what: 'An archiver that starts leaves local files of partitions that another pod has now.',
    edits: [
      {
        file: 'services/lake-archiver/src/topology.ts',
        from: 'removeFolders(topics.map(({ name }) => join(spoolDirectory, name)))',
        to: 'removeFolders([])',
      },
    ],
  },
  {
    name: 'receipts-not-read',
    origin: 'made up',
    what: 'A restart does not look whether a message was sent before.',
    edits: [
      {
        file: 'services/sms-gateway/src/outbox-processor.ts',
        from: 'for (const { value } of records) this.#settle(',
        to: 'for (const { value } of records) void (',
      },
    ],
  },
  {
    name: 'commit-of-one-too-many',
    origin: 'made up',
    what: 'A committed position is behind a record that was not read.',
    edits: [
      {
        file: 'packages/stream/src/outbox.ts',
        from: 'this.#position = { offset: result.done,',
        to: 'this.#position = { offset: result.done + 1,',
      },
    ],
  },
  {
    name: 'half-append',
    origin: 'made up',
    what: 'Of outputs whose append has failed, the first one is not appended again.',
    edits: [{ file: 'packages/stream/src/outbox.ts', from: 'left = again\n', to: 'left = again.slice(1)\n' }],
  },
  {
    name: 'append-without-a-look',
    origin: 'made up',
    what: 'An append whose answer was lost is repeated without a look at what was stored.',
    edits: [{ file: 'packages/stream/src/outbox.ts', from: 'isUnsure = true', to: 'isUnsure = false' }],
  },
  {
    name: 'queue-lost-with-an-error',
    origin: 'made up',
    what: 'An archiver whose commit fails forgets the records that wait behind it.',
    edits: [
      {
        file: 'services/lake-archiver/src/steps/archive-partition.ts',
        from: 'queue = queue.slice(taken)',
        to: 'queue = []',
      },
    ],
  },
  {
    name: 'failed-write-taken-for-done',
    origin: 'made up',
    what: 'Where one of several tables could not be written, the records count as written.',
    edits: [
      {
        file: 'services/mart-writer/src/steps/write-partition.ts',
        from: "if (outcome.status === 'rejected') throw outcome.reason",
        to: "if (outcome.status === 'rejected') if (outcomes.length > 1) continue; else throw outcome.reason",
      },
    ],
  },
  {
    name: 'order-of-arrival',
    origin: 'made up',
    what: 'Of two versions of a row the one that comes last stays, not the newer one.',
    edits: [
      {
        file: 'services/mart-writer/src/steps/map-rows.ts',
        from: 'const row = mapping.toRow(event)',
        to: 'const newest = mapping.toRow(event); const row = newest && { ...newest, writeTimeMicros: record.timestampMs * 1000 }',
      },
    ],
  },
  {
    name: 'temporary-files-of-others',
    origin: 'made up',
    what: 'An archiver that starts removes the files of another one that is about to claim them.',
    edits: [
      {
        file: 'packages/lake/src/segment/roll-forward.ts',
        from: 'if (!covering.manifest) continue',
        to: 'if (!covering.manifest) { if (await lake.remove(path)) removed += 1; continue }',
      },
    ],
  },
  {
    name: 'no-roll-forward',
    origin: 'made up',
    what: 'Files of a claim whose archiver was killed keep their temporary names.',
    edits: [
      {
        file: 'packages/lake/src/segment/segment-writer.ts',
        from: 'if (newest) await rollForward(lake, newest)',
        to: '',
      },
    ],
  },
  {
    name: 'refused-rename-taken-for-done',
    origin: 'made up',
    what: 'A claim that another archiver was quicker with counts as won.',
    edits: [
      {
        file: 'packages/lake/src/webhdfs/namespace.ts',
        from: "if (await stat(call, to)) return 'target-exists'",
        to: "if (await stat(call, to)) return 'renamed'",
      },
    ],
  },
  {
    name: 'state-not-rebuilt',
    origin: 'made up',
    what: 'A restart goes on at the committed offset without the state that results depend on.',
    edits: [
      {
        file: 'packages/stream/src/keyed-processor.ts',
        from: 'Math.min(found?.stateFrom ?? next, next)',
        to: 'next',
      },
    ],
  },
  {
    name: 'older-part-wins',
    origin: 'made up',
    what: 'A partial result that is read again replaces a newer one.',
    edits: [
      {
        file: 'packages/stream/src/windows/merge-processor.ts',
        from: 'else if (known.revision >= partial.revision) return null',
        to: 'else if (known.revision === partial.revision) return null',
      },
    ],
  },
  {
    name: 'no-seek-after-a-rebalance',
    origin: 'made up',
    what: 'Partitions that a member keeps in a rebalance are not read any further.',
    edits: [
      {
        file: 'packages/event-log/src/kafka/kafka-consumer.ts',
        from: 'delivery.reposition(delivery.position)\n      this.#session?.seek(delivery, delivery.position)',
        to: 'delivery.reposition(delivery.position)',
      },
    ],
  },
  {
    name: 'gives-up-soon',
    origin: 'made up',
    what: 'After a few attempts an error of the infrastructure ends a domain.',
    edits: [
      {
        file: 'packages/stream/src/retry.ts',
        from: 'if (forMs + delayMs > policy.deadlineMs)',
        to: 'if (attempts >= 4)',
      },
    ],
  },
]
