/** The template with a random digit of this base in the place of each x; 20 letters and digits unless said otherwise. */
export const random = (template = 'xxxxxxxxxxxxxxxxxxxx', base = 36): string =>
  template.replace(/x/g, () => ((crypto.getRandomValues(new Uint8Array(1))[0] as number) % base).toString(base))

/** A random UUID of version 4. `crypto.randomUUID` is missing on pages without TLS. */
export const uuid = (): string => random('xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx', 16)
