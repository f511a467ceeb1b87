import type { Page } from 'playwright-core'

/** The lines that a VM's serial console shows, once this is among them. */
export function shows(page: Page, hasText: string): Promise<void> {
  return page.locator('.xterm-rows').filter({ hasText }).waitFor()
}

/** How the page says that its console stands. */
export function stands(page: Page, hasText: string): Promise<void> {
  return page.getByRole('status').filter({ hasText }).waitFor()
}

/** Types a line at the serial console of the VM whose page this is; the page shows none of it that the guest does not send back. */
export async function typeAt(page: Page, name: string, line: string): Promise<void> {
  await page.getByRole('tab', { name: 'Console' }).click()
  await stands(page, 'Connected')
  await page.getByRole('textbox', { name: `Console of ${name}` }).focus()
  await page.keyboard.type(line)
  await page.keyboard.press('Enter')
}
