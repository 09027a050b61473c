/* Colours of the two schemes. Texts have a contrast of 4.5 or more to both grounds, what is drawn has 3 or more. */

export type Scheme = Readonly<
  Record<'ground' | 'card' | 'text' | 'muted' | 'line' | 'good' | 'bad' | 'link' | 'heat', string>
> & {
  /** Of series, in this order; the last one is for the rest. */
  readonly series: readonly string[]
}

export const light: Scheme = {
  ground: '#f5f6f8',
  card: '#ffffff',
  text: '#1b2129',
  muted: '#56606c',
  line: '#d5dae0',
  good: '#176f35',
  bad: '#b3202a',
  link: '#0b5cad',
  heat: '#c8321f',
  series: ['#1f6fc4', '#b85a00', '#2a8045', '#8a44c4', '#0c7f88', '#bd2f74', '#7d6608', '#c43c2c', '#66707c'],
}

export const dark: Scheme = {
  ground: '#0f1318',
  card: '#181e25',
  text: '#e8ecf1',
  muted: '#a3aebb',
  line: '#36404c',
  good: '#5fcf84',
  bad: '#ff8f87',
  link: '#7ab8ff',
  heat: '#ff7a59',
  series: ['#63adff', '#f0a04b', '#5cc77e', '#c496ff', '#45ccd4', '#ff8abb', '#d8bd4a', '#ff8474', '#9aa6b3'],
}

const OTHER = light.series.length - 1

/** The colour of a series by its index, as a CSS value of the page's scheme. */
export const seriesColour = (index: number): string => `var(--series-${Math.min(index, OTHER)})`

const TONES = { good: 'var(--good)', bad: 'var(--series-1)', neutral: `var(--series-${OTHER})` } as const

/** The colour of a series that may be good or bad. */
export const toneColour = (tones: readonly (keyof typeof TONES)[] | undefined, index: number): string => {
  const tone = tones?.[index]
  return tone === undefined ? seriesColour(index) : TONES[tone]
}

const declarations = ({ series, ...colours }: Scheme): string =>
  [...Object.entries(colours), ...series.map((colour, index) => [`series-${index}`, colour] as const)]
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';')

/** Declares the colours as CSS variables: those of the light scheme, and of the dark one where the reader prefers it. */
export const paletteCss = (selector: string): string =>
  `${selector}{color-scheme:light dark;${declarations(light)}}` +
  `@media (prefers-color-scheme:dark){${selector}{${declarations(dark)}}}`
