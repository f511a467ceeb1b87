import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { obstaclesIn } from './axe.ts'
import { VIEWPORT } from './chromium.ts'

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

/**
 * What keeps people from using the page as it stands now, in every look, which leaves it as it was; a picture of each
 * look, where pictures are wanted, of all of it where `isWhole`.
 */
export async function obstaclesInLooks(page: Page, title: string, isWhole = false) {
  const found: string[] = []
  for (const { name, width, theme } of LOOKS) {
    await page.emulateMedia({ colorScheme: theme })
    await page.setViewportSize({ width, height: 900 })
    await page.evaluate(settled)
    for (const each of await obstaclesIn(page)) found.push(`${name} ${title}: ${each}`)
    await shoot(page, `${title}-${name}`, isWhole)
  }
  await page.emulateMedia({ colorScheme: null })
  await page.setViewportSize(VIEWPORT)
  return found
}

/** In the page: once it is drawn anew and its colours are what they become. */
async function settled(): Promise<void> {
  const { document, requestAnimationFrame, CSSTransition } = globalThis as any
  await new Promise((resolve) => requestAnimationFrame(resolve))
  const changes = document.getAnimations().filter((one: any) => one instanceof CSSTransition)
  await Promise.allSettled(changes.map(({ finished }: any) => finished))
}

/** A picture of the page as it is now, where pictures are wanted; of all of it, where `isWhole`. */
async function shoot(page: Page, name: string, isWhole = false): Promise<void> {
  if (shots === undefined) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: isWhole })
}
