import type { TrackerOptions } from '../types/index.d.ts'
import { load } from './storage.ts'

type Changeable<Type> = { -readonly [Name in keyof Type]?: Type[Name] }

/** What the site has said on this page. */
export const site: Changeable<TrackerOptions> & { account?: string | null | undefined } = {}

/** Whether the visitor agrees; another tab may have been told otherwise. */
export const hasConsent = (): boolean | undefined => site.consent && !load('millrace.off')
