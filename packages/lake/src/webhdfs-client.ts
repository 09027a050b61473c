/* For clients of one's own: what the adapter of HDFS speaks to its servers with. */
export type { NamespaceClient } from './webhdfs/namespace-client.ts'
export type { Reply } from './webhdfs/reply.ts'
export type { TransferClient } from './webhdfs/transfer-client.ts'
export type { WebHdfsClients } from './webhdfs/webhdfs-lake.ts'
