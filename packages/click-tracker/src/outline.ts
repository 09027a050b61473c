import { boxOf } from './page.ts'

const PARTS = 'header,nav,main,section,article,aside,footer,h1,h2,h3,img,video,form,button,a'
const MAX_BOXES = 100

/** Tags and places of the first parts of the page that are shown; no text. */
export const outline = () =>
  Array.from(document.querySelectorAll(PARTS))
    .filter(element => element.getClientRects()[0])
    .slice(0, MAX_BOXES)
    .map(element => ({ tag: element.localName, ...boxOf(element) }))
