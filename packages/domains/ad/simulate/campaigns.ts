import { type Actor, Random, type SimulatedRecord } from '@millrace/simulation'
import { type AdCampaign, ad } from '../contract.ts'

const DAY_MS = 86_400_000
/** First days of campaigns; their dates do not depend on when a run begins. */
const FIRST_DAY_MS = Date.UTC(2024, 2, 1)
const FIRST_DAYS = 24
const DAYS = { min: 14, max: 45 }

/** What is advertised; more campaigns begin again, with their number. */
const ADVERTISED = [
  { name: '리그오브레전드', genre: 'game', description: '리그오브레전드와 관련된 광고입니다.' },
  { name: '한강 밤도깨비 야시장', genre: 'food', description: '주말마다 열리는 야시장의 먹거리를 소개합니다.' },
  { name: '제주 한 달 살기', genre: 'travel', description: '제주에서 한 달 동안 지낼 숙소를 찾아 드립니다.' },
  {
    name: 'Nordlicht Kaffee',
    genre: 'food',
    description: 'Kaffee aus kleinen Röstereien, jede Woche frisch geröstet.',
  },
  { name: '달빛 독서대', genre: 'home', description: '책과 태블릿을 편하게 올려놓는 원목 독서대예요 📚' },
  { name: '씽씽 전동 킥보드', genre: 'mobility', description: '가까운 거리는 씽씽! 첫 달 무료 체험을 신청하세요.' },
  { name: 'Trailhead Boots', genre: 'sport', description: 'Boots for long days on wet ground.' },
  { name: '용의 숲: 깨어난 왕국', genre: 'game', description: '사라진 왕국을 되찾는 모험이 시작됩니다 🐉' },
  { name: '우리집 반찬가게', genre: 'food', description: '"엄마 손맛" 그대로, 매일 아침 문 앞까지 배송합니다.' },
  { name: '바람골 캠핑장', genre: 'travel', description: '별이 쏟아지는 밤, 바람골에서 하룻밤을 보내세요.' },
  { name: 'Café 물결', genre: 'food', description: 'Un café au bord de l’eau: 물결 위의 작은 카페.' },
  { name: '첫걸음 코딩 교실', genre: 'education', description: '아이와 함께 배우는 코딩, 첫 수업은 무료입니다.' },
] as const

/** The campaign of the published sample, with its dates. */
const SAMPLE = {
  ad_id: '76015c91-f1a9-4e4c-9a4c-c9130b7d27fe',
  start_time: '2024-03-31',
  end_time: '2024-04-15',
} as const

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

function campaignOf(world: string, number: number): AdCampaign {
  const random = new Random('world', world, 'campaign', number)
  const { name, genre, description } = ADVERTISED[number % ADVERTISED.length]!
  const eventId = random.uuid()
  const adId = random.uuid()
  const startMs = FIRST_DAY_MS + random.int(0, FIRST_DAYS - 1) * DAY_MS
  const endMs = startMs + random.int(DAYS.min, DAYS.max) * DAY_MS
  return {
    eventId,
    ad_id: adId,
    name: number < ADVERTISED.length ? name : `${name} ${Math.floor(number / ADVERTISED.length) + 1}`,
    genre,
    start_time: dayOf(startMs),
    end_time: dayOf(endMs),
    description,
    ...(number === 0 && SAMPLE),
  }
}

/** The campaigns of a world: pure functions of its name and of their numbers. */
export const campaignsOf = ({
  world,
  campaigns,
}: {
  readonly world: string
  readonly campaigns: number
}): AdCampaign[] => Array.from({ length: campaigns }, (_, number) => campaignOf(world, number))

/** Sends the reference record of one campaign when the run begins. */
export class CampaignRecord implements Actor {
  readonly id: number
  nextMs: number
  readonly #campaign: AdCampaign

  constructor(id: number, campaign: AdCampaign, startMs: number) {
    this.id = id
    this.nextMs = startMs
    this.#campaign = campaign
  }

  next(): SimulatedRecord {
    const record = recordOf(this.#campaign, { id: this.id, atMs: this.nextMs })
    this.nextMs = Number.POSITIVE_INFINITY
    return record
  }
}

export const recordOf = (
  campaign: AdCampaign,
  { id, atMs }: { readonly id: number; readonly atMs: number },
): SimulatedRecord => ({
  ...{ topic: ad.topics.campaigns.name, key: campaign.ad_id, eventId: campaign.eventId },
  ...{ value: JSON.stringify(campaign), atMs, actor: id, sequence: 0, fault: null },
})
