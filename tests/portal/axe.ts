import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** WCAG 2.2 AA, and what it builds on. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What keeps people from using the page as it stands now, one line each. */
export async function obstaclesIn(page: Page): Promise<readonly string[]> {
  // Once for all pages that are gone to without loading anew.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(source)
  const found = await page.evaluate(
    (values) =>
      (globalThis as any).axe.run(
        // Where Fluent catches the focus, to put it at once where it belongs.
        { exclude: [['[data-tabster-dummy]']] },
        // What is well is only counted: to tell where it is takes as long as to look.
        { runOnly: { type: 'tag', values }, resultTypes: ['violations'] },
      ),
    TAGS,
  )
  return found.violations.map(
    ({ id, help, nodes }: any) =>
      `${id}: ${help}: ${nodes.map((node: any) => node.target.join(' ')).join(', ')}`,
  )
}
