/** The domains of the product, in the order in which people see them. Add a domain's folder here, then run `npm run generate`. */
export const domainNames = ['lol', 'hotel', 'lostark', 'ad', 'antenna', 'music', 'web'] as const
