// Generated from index.ts by `npm run generate`.

export const aggregations = []
