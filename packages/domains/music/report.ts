import type { RunReporter } from '../facets.ts'
import { music } from './contract.ts'
import { listeningPicture } from './picture.ts'

/** The most played tracks, the messages to customers, and where people listened. */
export const reporter: RunReporter = {
  domain: music.name,
  views: [
    { name: 'top tracks', command: 'mart music_top_tracks' },
    { name: 'messages', command: 'mart music_sms' },
  ],
  pictures: [listeningPicture],
}
