export { type Alert, fileNameOf } from './alert.ts'
export { alerts } from './alerts.ts'
export { dashboards, renderFiles } from './render.ts'
