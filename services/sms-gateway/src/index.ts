export { smsGatewayErrors } from './errors.ts'
export { createLogProvider } from './providers/log-provider.ts'
export type { SmsMessage, SmsProvider } from './providers/provider.ts'
export { createSmsGatewayTopology, type SmsGatewayOptions } from './topology.ts'
