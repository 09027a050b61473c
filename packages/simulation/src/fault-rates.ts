import { nearest } from '@millrace/runtime'

/** Kinds of faults, in the order in which one random number chooses among them. */
export const faultKinds = ['dup', 'late', 'out-of-order', 'malformed', 'missing-field', 'burst'] as const

export type FaultKind = (typeof faultKinds)[number]

/** Per kind the share of records that get it; for `burst` the share of records that begin one. They add up to at most 1. */
export type FaultRates = Readonly<Record<FaultKind, number>>

export const noFaults: FaultRates = {
  dup: 0,
  late: 0,
  'out-of-order': 0,
  malformed: 0,
  'missing-field': 0,
  burst: 0,
}

export const hasFaults = (rates: FaultRates): boolean => faultKinds.some(kind => rates[kind] > 0)

/** Reads `dup=0.01,late=0.02`; every problem comes back as one sentence. */
export function parseFaultRates(text: string): { readonly rates: FaultRates; readonly problems: readonly string[] } {
  const rates: Record<FaultKind, number> = { ...noFaults }
  const problems: string[] = []
  const seen = new Set<string>()
  for (const part of text.split(',')) {
    const [name = '', share] = part.split('=').map(side => side.trim())
    const kind = faultKinds.find(known => known === name)
    const rate = share !== undefined && /^\d*\.?\d+$/.test(share) ? Number(share) : Number.NaN
    if (!kind) {
      const suggestion = nearest(name, faultKinds)
      problems.push(
        `there is no fault ${JSON.stringify(name)}.${suggestion ? ` Did you mean ${suggestion}?` : ''} Known: ${faultKinds.join(', ')}`,
      )
    } else if (!(rate >= 0 && rate <= 1))
      problems.push(`${kind} is ${JSON.stringify(share ?? '')}: expected a share from 0 to 1, such as ${kind}=0.01`)
    else if (seen.has(kind)) problems.push(`${kind} is given twice`)
    else rates[kind] = rate
    seen.add(name)
  }
  const total = faultKinds.reduce((sum, kind) => sum + rates[kind], 0)
  if (total > 1 + 1e-9)
    problems.push(`the shares add up to ${Number(total.toFixed(6))}: a record gets at most one fault, so at most 1`)
  return { rates, problems }
}
