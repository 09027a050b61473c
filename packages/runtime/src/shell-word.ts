/** A word of a shell command that is shown to be pasted: quoted where a POSIX shell would read it as something else. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
