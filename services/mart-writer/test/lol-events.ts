import type { LolAlert, LolCurated, LolScore, LolTruth, Quality } from '@millrace/domains/lol/contract'

const START_MS = Date.UTC(2025, 11, 31, 23, 0)

const uuid = (kind: number, index: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`

const instant = (index: number): string => new Date(START_MS + index * 1000).toISOString()

/** The n-th curated action; players and rooms go round. */
export const curated = (index: number, change: Partial<LolCurated> = {}): LolCurated => ({
  eventId: uuid(1, index),
  datetime: instant(index),
  method: '/move',
  ingametime: '0:1',
  ip: '192.168.0.1',
  x: index,
  y: -index,
  deathCount: 0,
  id: `record ${index}`,
  inputkey: 'q',
  account: `player ${index % 7}`,
  champion: 'Vex',
  status: 0,
  roomID: `room ${index % 2}`,
  createRoomDate: instant(0),
  roomDay: '2025-12-31',
  'x+y': 0,
  buyItem: 0,
  displacement: index === 0 ? null : 1.5,
  elapsedMs: index === 0 ? null : 1000,
  speed: index === 0 ? null : 1.5,
  ...change,
})

export const score = (index: number, change: Partial<LolScore> = {}): LolScore => ({
  eventId: `${uuid(1, index)}:score`,
  sourceEventId: uuid(1, index),
  datetime: instant(index),
  account: `player ${index % 7}`,
  roomID: `room ${index % 2}`,
  score: 0.25,
  verdict: 'normal',
  contributions: [{ feature: 'speed', value: 3, contribution: 0.25 }],
  modelId: 'test-1',
  warmUp: false,
  late: false,
  ...change,
})

export const alert = (index: number): LolAlert => ({
  eventId: `${uuid(1, index)}:alert`,
  sourceEventId: uuid(1, index),
  datetime: instant(index),
  account: `player ${index % 7}`,
  score: 0.9,
  evidence: [{ sourceEventId: uuid(1, index), datetime: instant(index), score: 0.9, feature: 'speed', value: 900 }],
  modelId: 'test-1',
})

export const truth = (index: number, change: Partial<LolTruth> = {}): LolTruth => ({
  eventId: uuid(2, index),
  datetime: instant(0),
  kind: 'player-match',
  account: `player ${index % 7}`,
  roomID: `room ${index % 2}`,
  roomDay: '2025-12-31',
  champion: 'Vex',
  endedAt: instant(3600),
  cheater: index % 7 === 3,
  cheat: index % 7 === 3 ? 'teleport' : null,
  ...change,
})

/** The quality of the window with this number; the second record of a window corrects the first. */
export const quality = (window: number, revision = 1): Quality => ({
  window: new Date(Date.UTC(2026, 0, 1) + window * 300_000).toISOString(),
  modelId: 'model-1',
  kind: 'all',
  ...{ actions: 100, altered: 10, flagged: 8, hits: revision, precision: 0.5, recall: 0.25, averagePrecision: null },
  ...{ alerts: 2, trueAlerts: 1, falseAlerts: 1, cheaters: 1, detected: 1, medianDelaySeconds: 12.5 },
  ...{ honestHours: 0.5, falseAlertsPerHour: 2, events: 7, revision },
})
