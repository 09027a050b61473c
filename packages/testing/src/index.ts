export { type Disturbance, disturb } from './disturb.ts'
export { findFreePorts } from './free-ports.ts'
export { describeStack, openStack, stopStack } from './open-stack.ts'
export type { ProvidedStack } from './provided-stack.ts'
export { createRestarts, type PartitionRun, type Restarts } from './restarts.ts'
export { CASSANDRA_LOGIN } from './server-plan.ts'
export { type ServiceProcess, startService } from './service-process.ts'
export type {
  KafkaDetour,
  SecureKafka,
  ServerDescription,
  ServerHandle,
  Stack,
  StackAddresses,
  StackDescription,
  StackOptions,
  StackWay,
  StopOptions,
} from './stack.ts'
export { stackErrors } from './stack-errors.ts'
export { startStack } from './start-stack.ts'
export { createTcpProxy, type TcpProxy, type TcpProxyOptions } from './tcp-proxy.ts'
export { createTopologyDriver, type TopologyDriver, type TopologyDriverOptions } from './topology-driver.ts'
export type { LogCall } from './topology-driver-log.ts'
export { WaitError, type WaitOptions, waitUntil } from './wait-until.ts'
