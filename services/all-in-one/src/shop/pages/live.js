const MAX_ROWS = 100
const SVG = 'http://www.w3.org/2000/svg'
const state = document.getElementById('state')
const rows = document.getElementById('events')
const pictures = new Map()
/** An event whose page was left before the answer came is sent again under the same id. */
const shown = new Set()

function pageOf({ current_page: address }) {
  const url = URL.parse(address)
  return url ? url.pathname + url.hash : address
}

function picture(event) {
  const page = pageOf(event)
  if (pictures.has(page)) return pictures.get(page)
  const figure = document.createElement('figure')
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', `Clicks on ${page}`)
  const caption = document.createElement('figcaption')
  caption.textContent = page
  figure.append(svg, caption)
  document.getElementById('pictures').append(figure)
  pictures.set(page, svg)
  return svg
}

function shape(svg, name, attributes) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  svg.append(element)
}

function draw(event) {
  if (!event.documentWidth || !event.documentHeight) return
  const svg = picture(event)
  svg.setAttribute('viewBox', `0 0 ${event.documentWidth} ${event.documentHeight}`)
  if (event.outline) {
    for (const box of svg.querySelectorAll('.box')) box.remove()
    for (const { x, y, width, height } of event.outline)
      shape(svg, 'rect', { class: 'box', 'stroke-width': 3, x, y, width, height })
  }
  if (event.eventType === 'click')
    shape(svg, 'circle', { class: 'click', cx: event.x, cy: event.y, r: event.documentWidth / 60 })
}

function show(event) {
  if (shown.has(event.eventId)) return
  shown.add(event.eventId)
  draw(event)
  const row = document.createElement('tr')
  for (const text of [
    event.timestamp.slice(11),
    event.eventType,
    pageOf(event),
    event.element,
    event.label,
    event.x,
    event.y,
  ]) {
    const cell = document.createElement('td')
    cell.textContent = text ?? ''
    row.append(cell)
  }
  rows.prepend(row)
  if (rows.children.length > MAX_ROWS) rows.lastElementChild.remove()
  state.textContent = `${shown.size} events since this page was opened.`
}

const source = new EventSource('events')
source.addEventListener('open', () => {
  if (shown.size === 0) state.textContent = 'Connected. Click around in the shop, in another window beside this one.'
})
source.addEventListener('error', () => {
  state.textContent = 'Not connected: does the gateway still run? This page tries again.'
})
source.addEventListener('topic', ({ data }) => {
  document.getElementById('topic').textContent = JSON.parse(data)
})
source.addEventListener('message', ({ data }) => show(JSON.parse(data)))
