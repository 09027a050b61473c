const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** The JSON pointer (RFC 6901) to the field at `path`, from the outermost key inwards. */
export const jsonPointer = (path: readonly PropertyKey[]): string =>
  path.map(key => `/${escaped(String(key))}`).join('')
