import type { RunReporter } from '../facets.ts'
import { music } from './contract.ts'

/** The most played tracks, and the messages to customers. */
export const reporter: RunReporter = {
  domain: music.name,
  views: [
    { name: 'top tracks', command: 'mart music_top_tracks' },
    { name: 'messages', command: 'mart music_sms' },
  ],
}
