import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'

/** Where screenshots go; none are made otherwise. */
const shots = process.env.PORTAL_SHOTS

/** How pages are looked at: both themes and both widths, and all four of them for whoever wants pictures. */
export const LOOKS = [
  { name: 'light', width: 1280, theme: 'light' },
  { name: 'narrow-dark', width: 390, theme: 'dark' },
  ...(shots === undefined
    ? []
    : [
        { name: 'dark', width: 1280, theme: 'dark' } as const,
        { name: 'narrow', width: 390, theme: 'light' } as const,
      ]),
] as const

/** What a window of a look is opened with. */
export function lookOf({ width, theme }: (typeof LOOKS)[number]) {
  return { viewport: { width, height: 900 }, colorScheme: theme } as const
}

/** A picture of the page as it is now, where pictures are wanted; of all of it, where `isWhole`. */
export async function shoot(page: Page, name: string, isWhole = false): Promise<void> {
  if (shots === undefined) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: isWhole })
}
