import { KEY } from '@trusted-launch/service/a-vm'
import type { Locator, Page } from 'playwright-core'

/** The button that leads to the wizard, and the one at its end. */
export const CREATE_BUTTON = { name: 'Create a virtual machine', exact: true } as const

/** By the beginning of its label: one that is required has a star behind it. */
export function field(page: Page, name: string): Locator {
  return page.getByLabel(new RegExp(`^${name}`))
}

/** What the choice of images calls the small guest. */
export async function small(page: Page): Promise<string> {
  const option = page.locator('option', { hasText: /^small / })
  await option.waitFor({ state: 'attached' })
  return (await option.textContent())!
}

/** All that the wizard's first step wants. */
export async function fillBasics(page: Page, name: string): Promise<void> {
  await field(page, 'Name').fill(name)
  await field(page, 'Image').selectOption({ label: await small(page) })
  await field(page, 'SSH public key').fill(KEY)
}

/** Makes the small guest by the wizard, step by step, and follows it until it proved its boot; then it is looked at. */
export async function makeByWizard(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Virtual machines' }).click()
  await page.getByRole('button', CREATE_BUTTON).click()
  await fillBasics(page, name)
  const next = page.getByRole('button', { name: 'Next', exact: true })
  for (const step of ['Disks', 'Network', 'Security type', 'Review']) {
    await next.click()
    await page.getByRole('tab', { name: step, selected: true }).waitFor()
  }
  await page.getByRole('button', CREATE_BUTTON).click()
  const made = page.getByRole('list', { name: 'What is being made' })
  await made.getByText(`Virtual machine: ${name}`).waitFor()
  await page.getByText('It proved its boot').waitFor()
  await page.getByRole('link', { name: `Look at ${name}` }).click()
}
