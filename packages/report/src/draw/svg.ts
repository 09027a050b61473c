import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { Chart } from '../figure.ts'
import { visible } from '../figure.ts'

const { document } = parseHTML('<!doctype html><html><body></body></html>')

/** Attributes whose numbers need no more than hundredths of a pixel. */
const COORDINATES = [
  'd',
  'transform',
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'r',
  'width',
  'height',
  'fill-opacity',
]

const rounded = (numbers: string): string =>
  numbers.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, number => String(Math.round(Number(number) * 100) / 100))

/** What is known of an element of the drawing. */
interface DrawnElement {
  readonly outerHTML: string
  readonly firstChild: DrawnElement | null
  textContent: string | null
  getAttribute(name: string): string | null
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  insertBefore(child: DrawnElement, before: DrawnElement | null): void
  querySelectorAll(selector: string): Iterable<DrawnElement & { remove(): void }>
}

const SVG = 'http://www.w3.org/2000/svg'

function textElement(name: 'title' | 'desc', id: string, text: string): DrawnElement {
  const element = document.createElementNS(SVG, name) as DrawnElement
  element.setAttribute('id', id)
  element.textContent = visible(text)
  return element
}

/**
 * Draws marks as one SVG, which reads out its title and description.
 * @param id prefix of the ids in it, unlike any other in the page
 */
export function plotSvg(
  { title, description }: Pick<Chart, 'title' | 'description'>,
  id: string,
  options: Plot.PlotOptions,
): string {
  const svg = Plot.plot({
    ...options,
    document,
    style: { fontSize: '12px', ...(typeof options.style === 'object' ? options.style : {}) },
  }) as DrawnElement
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const element of svg.querySelectorAll('*'))
    for (const name of COORDINATES) {
      const value = element.getAttribute(name)
      if (value !== null) element.setAttribute(name, rounded(value))
    }
  // One picture with one text: its parts are not read out one by one.
  for (const element of svg.querySelectorAll('[aria-label]')) element.removeAttribute('aria-label')
  for (const element of svg.querySelectorAll('[aria-hidden]')) element.removeAttribute('aria-hidden')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-labelledby', `${id}-title ${id}-desc`)
  const [label, text] = [textElement('title', `${id}-title`, title), textElement('desc', `${id}-desc`, description)]
  svg.insertBefore(text, svg.firstChild)
  svg.insertBefore(label, text)
  return svg.outerHTML
}
