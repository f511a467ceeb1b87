import type { Page } from 'playwright-core'

/** On an alert's page: it is suppressed there, for its machine and cause, once it was tried what that hides. */
export async function suppressHere(page: Page, reason: string): Promise<void> {
  await page.getByRole('button', { name: 'Suppress …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason').fill(reason)
  await dialog.getByRole('button', { name: 'Try it' }).click()
  await dialog.getByText('It would have hidden this one alert.').waitFor()
  await dialog.getByRole('button', { name: 'Make the rule' }).click()
  await page.getByText('Dismissed', { exact: true }).waitFor()
}
