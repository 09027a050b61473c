import { jsonPointer, makerOf } from '@millrace/contracts'
import type { Assignment, LogReader, LogRecord } from '@millrace/event-log'
import {
  type DeadLetter,
  deadLetter,
  type Emit,
  emitEvent,
  type FailedRecord,
  failedRecord,
  type PartitionProcessor,
  type ProcessResult,
  type Topology,
} from '@millrace/stream'
import type { AggregationParts } from '../../facets.ts'
import { type AdTargetModel, music } from '../contract.ts'
import { readModel } from './model-store.ts'

const { models, acceptedModels } = music.topics

/** What is wrong with a record that is no model. */
function faultOf(value: Buffer): DeadLetter {
  let event: unknown
  try {
    event = JSON.parse(value.toString())
  } catch (error) {
    return deadLetter('not_json', `expected JSON: ${(error as Error).message}`)
  }
  const issue = models.schema.safeParse(event).error?.issues[0]
  const path = jsonPointer(issue?.path ?? [])
  return deadLetter('wrong_field', `${path || 'the model'}: ${issue?.message ?? 'expected a model'}`, { path })
}

/** Accepts each model that is valid and newer than every one before; the others become failed events. */
class ModelIntake implements PartitionProcessor {
  readonly #log: LogReader
  /** Ids of the accepted models by version. */
  readonly #accepted = new Map<number, string>()
  #newest = 0
  #publishFrom = 0

  constructor(log: LogReader) {
    this.#log = log
  }

  async open({ committed, earliest }: Assignment) {
    for (const { partition, earliest, end } of await this.#log.range(acceptedModels.name))
      for await (const records of this.#log.read(acceptedModels.name, partition, earliest, end))
        for (const { value } of records) {
          const model = readModel(value)
          if (model) this.#note(model)
        }
    this.#publishFrom = Math.max(earliest, committed?.offset ?? earliest)
    return { readFrom: this.#publishFrom, publishFrom: this.#publishFrom }
  }

  process(records: readonly LogRecord[]): ProcessResult {
    const emits: Emit[] = []
    const failed: FailedRecord[] = []
    for (const record of records) {
      const model = readModel(record.value)
      if (!model) failed.push(failedRecord(record, faultOf(record.value)))
      else if (this.#accepted.get(model.version) === model.eventId) continue
      else if (model.version <= this.#newest) {
        const message = `version ${model.version} is not newer than ${this.#newest}, which was accepted before: publish a greater version`
        const at = { path: '/version', sourceEventId: model.eventId }
        failed.push(failedRecord(record, deadLetter('outdated', message, at)))
      } else {
        this.#note(model)
        emits.push(emitEvent(acceptedModels, model, record))
      }
    }
    return { emits, failed, done: records.at(-1)!.offset + 1 }
  }

  #note({ version, eventId }: AdTargetModel): void {
    this.#accepted.set(version, eventId)
    this.#newest = Math.max(this.#newest, version)
  }
}

/** models.ad-target → music.models: the models that are accepted. */
export const createModelsTopology = ({ log }: AggregationParts): Topology => ({
  name: makerOf(acceptedModels),
  topics: [models],
  outputs: [acceptedModels],
  createProcessor: () => new ModelIntake(log),
})
