import { personIn } from '@millrace/contracts'

/** Everything of the domain is about one player. */
export const person = personIn({ account: 'account' })
