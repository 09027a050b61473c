import { html, Markup } from './html.ts'
import type { Block, Page, Section } from './page.ts'
import { renderFigure, renderTable } from './render-figure.ts'
import { styleSheet } from './style.ts'

/** Nothing is fetched, run, sent or embedded, whatever a text of the run might contain. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

function renderBlock(block: Exclude<Block, { kind: 'figure' }>): Markup {
  switch (block.kind) {
    case 'text':
      return html`<p>${block.text}</p>`
    case 'tiles':
      return html`<dl class="tiles">${block.tiles.map(
        ({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`,
      )}</dl>`
    case 'flow':
      return html`<ol class="flow">${block.steps.map(
        ({ name, counts }) =>
          html`<li><strong>${name}</strong>${counts.map(count => html`<span>${count}</span>`)}</li>`,
      )}</ol>`
    case 'verdict':
      return html`<div class="card verdict${block.isGood ? '' : ' bad'}"><p>${block.isGood ? '✓' : '✗'} ${block.text}</p>${
        block.examples?.length ? html`<ul>${block.examples.map(example => html`<li>${example}</li>`)}</ul>` : null
      }</div>`
    case 'table':
      return block.isFolded
        ? html`<details class="card"><summary>${block.table.caption}</summary>${renderTable(block.table)}</details>`
        : html`<div class="card">${renderTable(block.table)}</div>`
  }
}

/** Blocks one after another; figures that follow each other are side by side where there is room. */
function renderBlocks(blocks: readonly Block[], id: string): Markup {
  const parts: Markup[] = []
  let figures: Markup[] = []
  const endRow = (): void => {
    if (figures.length > 0) parts.push(html`<div class="figures">${figures}</div>`)
    figures = []
  }
  for (const [index, block] of blocks.entries()) {
    if (block.kind === 'figure') figures.push(renderFigure(block.figure, `${id}-${index}`))
    else {
      endRow()
      parts.push(renderBlock(block))
    }
  }
  endRow()
  return html`${parts}`
}

const renderSection = ({ title, blocks }: Section, index: number): Markup => {
  const id = `s${index}`
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${renderBlocks(blocks, id)}
</section>
`
}

/** Sections one after another; narrow ones that follow each other are in columns where there is room. */
function renderSections(sections: readonly Section[]): Markup {
  const isNarrow = (index: number): boolean => sections[index]?.isNarrow ?? false
  const parts = sections.map((section, index) => {
    const start = isNarrow(index) && !isNarrow(index - 1) ? '<div class="columns">' : ''
    const end = isNarrow(index) && !isNarrow(index + 1) ? '</div>' : ''
    return html`${new Markup(start)}${renderSection(section, index)}${new Markup(end)}`
  })
  return html`${parts}`
}

/** The page as one HTML file that needs nothing else, neither a network nor scripts. */
export function renderPage({ title, lead, blocks, sections }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(styleSheet)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${lead}</p>
${renderBlocks(blocks, 'top')}
<nav aria-label="Sections"><ul>${sections.map(
    ({ title: name }, index) => html`<li><a href="#s${index}">${name}</a></li>`,
  )}</ul></nav>
</header>
<main>
${renderSections(sections)}</main>
</body>
</html>
`.text
}
