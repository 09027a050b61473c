import { randomUUID } from 'node:crypto'
import { systemClock } from '@millrace/runtime'
import { describeOnStack } from '@millrace/testing/vitest'
import { createWebHdfsLake } from '../src/index.ts'
import { lakeConformance } from './lake-conformance.ts'

describeOnStack('webhdfs lake', ['hdfs'], ({ hdfs }) => {
  lakeConformance('webhdfs', async () => {
    const root = `/lake-conformance-${randomUUID()}`
    return createWebHdfsLake({ nameNodes: hdfs.nameNodes, user: hdfs.user, root, clock: systemClock })
  })
})
