import { makeRunPage, type RunResult } from '../report/run-page.ts'

/** Name of the page of a run. */
export const RUN_PAGE = 'report.html'

/** The page of a run as HTML. The library that draws is loaded only here: other commands start without it. */
export async function renderRunPage(result: RunResult): Promise<string> {
  const { renderPage } = await import('@millrace/report')
  return renderPage(makeRunPage(result))
}
