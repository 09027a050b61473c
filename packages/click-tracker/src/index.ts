import type * as api from '../types/index.d.ts'
import { install } from './install.ts'

/** On a server there is no page, and nothing happens. */
const tracker: api.TrackerCommand = typeof window === 'undefined' ? () => {} : install()

export const init: typeof api.init = options => tracker('init', options)
export const consent: typeof api.consent = given => tracker('consent', given)
export const identify: typeof api.identify = account => tracker('identify', account)
export const variant: typeof api.variant = name => tracker('variant', name)
