import { readFileSync } from 'node:fs'
import type { Secret } from '@millrace/runtime'

export interface WebHdfsTls {
  /** PEM files: trusted authorities, and the client certificate where the servers require one. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/** Identity that every request sends. */
export interface WebHdfsIdentity {
  /** Name for clusters with simple authentication. */
  readonly user: string
  /** Delegation token for clusters with Kerberos; used instead of the name. */
  readonly delegationToken?: Secret
}

export const WEBHDFS_PREFIX = '/webhdfs/v1'

/** The path part of a URL; each segment is percent-encoded. */
export const encodePath = (absolute: string): string => absolute.split('/').map(encodeURIComponent).join('/')

export const identityQuery = ({ user, delegationToken }: WebHdfsIdentity): Record<string, string> =>
  delegationToken ? { delegation: delegationToken.reveal() } : { 'user.name': user }

/** The TLS files as options of Node's TLS. */
export function readTls({ caFile, certFile, keyFile }: WebHdfsTls): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(certFile !== undefined && { cert: readFileSync(certFile) }),
    ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
  }
}
