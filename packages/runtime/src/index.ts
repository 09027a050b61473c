export { createAdminServer } from './admin-server.ts'
export { type BackoffPolicy, backoffMs, maxBackoffMs } from './backoff.ts'
export { type Clock, ManualClock, systemClock } from './clock.ts'
export { closeSoon } from './close-soon.ts'
export {
  ConfigError,
  env,
  loadConfig,
  nearest,
  readSettings,
  Secret,
  type Texts,
  unknownNames,
  type Values,
} from './config.ts'
export { lockDirectory, lockErrors } from './directory-lock.ts'
export { CodedError, type ErrorSpec, type ErrorTable, errorFactory, isRetryable } from './errors.ts'
export { createHealth, type Health, type HealthRegistry } from './health.ts'
export { type Component, createLifecycle, type Lifecycle, type LifecycleOptions } from './lifecycle.ts'
export { type ListenPlace, listenAt, listenErrors } from './listen.ts'
export { createLogger, LOG_LEVELS, type Logger } from './logger.ts'
export { makeDirectory, makeDirectorySync } from './make-directory.ts'
export {
  Counter,
  createServiceMetrics,
  FRESHNESS_SECONDS,
  Gauge,
  Histogram,
  Registry,
  type ServiceMetrics,
} from './metrics.ts'
export { identify, inspectProcess, type ProcessIdentity, type ProcessState, signalProcess } from './process-identity.ts'
export { type RunOptions, runService, startMain } from './run-service.ts'
export { Semaphore } from './semaphore.ts'
export { serviceEnv } from './service-env.ts'
export { shellWord } from './shell-word.ts'
export { isSystemError, systemReason } from './system-reason.ts'
export { createWaitTeller, SILENT_WAIT_MS, WaitReasons, type WaitTeller, type WaitTellerOptions } from './waiting.ts'
