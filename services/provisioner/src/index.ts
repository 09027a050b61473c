export { provisionMart } from './provision-mart.ts'
export { provisionTopics } from './provision-topics.ts'
