import { type Clock, env, type Logger, type Secret } from '@millrace/runtime'
import type { Lake } from '../lake.ts'
import { createWebHdfsLake } from './webhdfs-lake.ts'

/** Variables of a service that uses the lake in HDFS. */
export const webhdfsEnv = {
  /** `http://host:9870` of each NameNode, separated by commas. */
  WEBHDFS_URLS: env.list(),
  WEBHDFS_USER: env.text().prefault('millrace'),
  /** For clusters with Kerberos: a delegation token, instead of the user. */
  WEBHDFS_DELEGATION_TOKEN: env.secret().optional(),
  LAKE_ROOT: env.text().prefault('/millrace/lake'),
  /** Time without an answer after which the next NameNode is asked. */
  WEBHDFS_ANSWER_TIMEOUT: env.duration().prefault('10s'),
  /** Time without progress after which a data transfer has failed. */
  WEBHDFS_STALL_TIMEOUT: env.duration().prefault('60s'),
  WEBHDFS_CA_FILE: env.text().optional(),
  WEBHDFS_CERT_FILE: env.text().optional(),
  WEBHDFS_KEY_FILE: env.text().optional(),
} as const

export interface WebHdfsConfig {
  readonly WEBHDFS_URLS: readonly string[]
  readonly WEBHDFS_USER: string
  readonly WEBHDFS_DELEGATION_TOKEN?: Secret | undefined
  readonly LAKE_ROOT: string
  readonly WEBHDFS_ANSWER_TIMEOUT: number
  readonly WEBHDFS_STALL_TIMEOUT: number
  readonly WEBHDFS_CA_FILE?: string | undefined
  readonly WEBHDFS_CERT_FILE?: string | undefined
  readonly WEBHDFS_KEY_FILE?: string | undefined
}

/** Creates the lake of a service's configuration. */
export function webHdfsLakeFromEnv(
  config: WebHdfsConfig,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Lake {
  const {
    WEBHDFS_DELEGATION_TOKEN: token,
    WEBHDFS_CA_FILE: ca,
    WEBHDFS_CERT_FILE: cert,
    WEBHDFS_KEY_FILE: key,
  } = config
  return createWebHdfsLake({
    nameNodes: config.WEBHDFS_URLS,
    user: config.WEBHDFS_USER,
    root: config.LAKE_ROOT,
    answerTimeoutMs: config.WEBHDFS_ANSWER_TIMEOUT,
    stallTimeoutMs: config.WEBHDFS_STALL_TIMEOUT,
    tls: {
      ...(ca !== undefined && { caFile: ca }),
      ...(cert !== undefined && { certFile: cert }),
      ...(key !== undefined && { keyFile: key }),
    },
    ...(token && { delegationToken: token }),
    clock,
    logger,
  })
}
