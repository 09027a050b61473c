/** One record of each topic that clients may write, as older systems send them: every value a string, no event id. */
export const samples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'lol.raw': {
    datetime: '2024-03-24T11:25:29.845Z',
    method: '/move',
    ingametime: '0:0',
    ip: '192.168.0.50',
    x: '277',
    y: '-351',
    deathCount: '0',
    id: 'b405fd3c-785b-4e42-a825-52a75f3d82a4',
    inputkey: 'b',
    account: 'testAccount_56',
    champion: 'vex',
    status: '0',
  },
  'lol.truth': {
    eventId: '7f0b6f3e-6c0e-4c58-9a2d-6f1f4b6f5f11',
    datetime: '2024-03-24T11:25:00.000Z',
    kind: 'player-match',
    account: 'testAccount_56',
    roomID: 'room_3',
    roomDay: '2024-03-24',
    champion: 'Viktor',
    endedAt: '2024-03-24T11:58:00.000Z',
    cheater: true,
    cheat: 'teleport',
  },
}
