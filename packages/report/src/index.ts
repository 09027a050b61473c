export { drawSvgFile } from './draw/draw-chart.ts'
export { drawSheets, type Sheet } from './draw/sheet.ts'
export type { Block, FlowStep, Page, Section, Tile } from './page.ts'
export { renderPage } from './render-page.ts'
