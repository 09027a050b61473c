import { type DefaultTreeAdapterMap, parse } from 'parse5'

type Node = DefaultTreeAdapterMap['node']
export type Element = DefaultTreeAdapterMap['element']

const isElement = (node: Node): node is Element => 'tagName' in node

/** The elements of a page in their order, as a browser's parser reads it. */
export function elementsOf(page: string): readonly Element[] {
  const found: Element[] = []
  const visit = (node: Node): void => {
    if (isElement(node)) found.push(node)
    if ('childNodes' in node) for (const child of node.childNodes) visit(child)
  }
  visit(parse(page))
  return found
}

/** An attribute of an element. */
export const attribute = (element: Element, name: string): string | undefined =>
  element.attrs.find(attr => attr.name === name)?.value

/** All text in an element. */
export function textOf(node: Node): string {
  if ('value' in node) return node.value
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : ''
}

/** Elements that run or fetch something, and attributes with an address that is not a place in the page. */
export function outsideReferences(elements: readonly Element[]): readonly string[] {
  const forbidden = [
    'script',
    'link',
    'iframe',
    'object',
    'embed',
    'img',
    'image',
    'use',
    'foreignobject',
    'base',
    'form',
  ]
  return elements.flatMap(({ tagName, attrs, childNodes }) => [
    ...(forbidden.includes(tagName.toLowerCase()) ? [`<${tagName}>`] : []),
    ...attrs
      .filter(({ name, value }) =>
        ['href', 'src', 'srcset', 'action', 'data', 'poster', 'xlink:href', 'background', 'ping'].includes(name)
          ? !value.startsWith('#')
          : name.startsWith('on') || /url\(\s*(?!["']?#)/i.test(value),
      )
      .map(({ name, value }) => `${tagName} ${name}=${value}`),
    ...(tagName === 'style' && /url\(|@import/i.test(childNodes.map(textOf).join('')) ? ['style'] : []),
  ])
}

/** Ids that are there twice, and references to ids that are not there. */
export function idProblems(elements: readonly Element[]): readonly string[] {
  const ids = elements.flatMap(element => attribute(element, 'id') ?? [])
  const wanted = elements.flatMap(element => [
    ...(attribute(element, 'aria-labelledby')?.split(' ') ?? []),
    ...(attribute(element, 'href')?.startsWith('#') ? [attribute(element, 'href')!.slice(1)] : []),
  ])
  return [...ids.filter((id, index) => ids.indexOf(id) !== index), ...wanted.filter(id => !ids.includes(id))]
}

/** Levels of headings that leave one out, such as h2 to h4. */
export function headingProblems(elements: readonly Element[]): readonly string[] {
  const levels = elements.flatMap(({ tagName }) => (/^h[1-6]$/.test(tagName) ? [Number(tagName[1])] : []))
  return levels.flatMap((level, index) => (level > (levels[index - 1] ?? 0) + 1 ? [`h${level}`] : []))
}

/** Pictures that are not read out: without a role, a title or a description. */
export function pictureProblems(elements: readonly Element[]): readonly string[] {
  const texts = new Map(elements.flatMap(element => [[attribute(element, 'id'), textOf(element)]]))
  return elements
    .filter(({ tagName }) => tagName === 'svg')
    .filter(svg => {
      const labels = attribute(svg, 'aria-labelledby')?.split(' ') ?? []
      return attribute(svg, 'role') !== 'img' || labels.length !== 2 || labels.some(id => !texts.get(id)?.trim())
    })
    .map(svg => attribute(svg, 'aria-labelledby') ?? 'svg')
}
