/** The portal's story, in a browser, against the real service and a VM that really boots, twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { RealService } from '../e2e/a-real-service.ts'
import { BOOT_MS } from '../e2e/machines.ts'
import { shows, typeAt } from './a-console.ts'
import { HOSTILE, isUnharmed, tamper } from './a-hostile-guest.ts'
import { makeByWizard } from './a-new-vm.ts'
import { aPerson, signIn } from './a-person.ts'
import { portal as files, isDescribed, portalMissing, portalOf } from './a-portal.ts'
import { suppressHere } from './a-rule.ts'

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const sure = (page: Page, name: string) =>
  page.getByRole('alertdialog').getByRole('button', { name, exact: true })

test('a VM is made by the wizard, proves its boot, answers at its console, is tampered with, told of, approved, its alert suppressed; a reader may do nothing of it; what a hostile guest writes is text', {
  skip: portalMissing,
  timeout: 900_000,
}, async (t) => {
  let real: RealService | null = null
  const portal = await portalOf(t, async () => {
    real = await RealService.open(t, { portal: files })
    return real.client
  })
  const { service } = portal
  await aPerson(service, 'ada', 'Owner', 'Attestation Contributor')
  await aPerson(service, 'rob', 'Reader')
  const { page } = await portal.window(t)
  page.setDefaultTimeout(2 * BOOT_MS)
  const step = (told: string) => t.diagnostic(`${Math.round(performance.now() / 1000)} s: ${told}`)
  await signIn(page, service, 'ada')

  const id = `${service.group('default')}/providers/Microsoft.Compute/virtualMachines/web`
  await makeByWizard(page, 'web')
  step('the wizard made it, and it proved its boot')
  await page.getByText('Healthy: everything that booted is what was expected.').waitFor()
  const chain = page.getByRole('region', { name: 'Boot chain' })
  await chain.getByText('vmlinuz').first().waitFor()
  await chain.getByText('Debian Secure Boot CA').first().waitFor()
  assert.equal(await chain.getByText('Changed').count(), 0)
  await typeAt(page, 'web', 'who is there?')
  // Its terminal driver sends back what it was sent: the page shows nothing that the guest did not print.
  await shows(page, 'who is there?')
  step('its console answers')

  await page.getByRole('tab', { name: 'Overview' }).click()
  await button(page, 'Stop').click()
  await sure(page, 'Stop').click()
  await page.getByText('Stopped', { exact: true }).waitFor()
  await tamper(real!)
  await button(page, 'Start').click()
  await page.getByText('Running', { exact: true }).waitFor()
  step('it runs, tampered with')
  await page.getByRole('link', { name: 'Alerts' }).click()
  await page.getByRole('cell', { name: 'Active' }).waitFor()
  await page.getByRole('row').nth(1).getByRole('link').first().click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.getByText('kernel command line').first().waitFor()
  await isUnharmed(page)
  step('its alert names the component')

  await page.getByRole('link', { name: 'web', exact: true }).click()
  await page.getByText(/^Not to be trusted: .*kernel command line/).waitFor()
  await page.getByRole('searchbox', { name: 'Search the events' }).fill('window.harmed')
  for (const written of HOSTILE) await page.getByText(written).first().waitFor()
  await isUnharmed(page)
  await page.getByRole('tab', { name: 'Drift' }).click()
  for (const written of HOSTILE) await page.getByText(written).first().waitFor()
  await isUnharmed(page)
  await button(page, 'Approve').click()
  await page.getByLabel('Reason').fill('the new command line is ours')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await page.getByText('ada: the new command line is ours').waitFor()
  await button(page, 'Attest now').click()
  await page.getByText('Healthy: everything that booted is what was expected.').waitFor()
  await page.getByRole('link', { name: 'Virtual machines' }).click()
  await page.getByRole('row').filter({ hasText: 'web' }).getByText('Healthy').waitFor()
  step('approved, it is healthy')
  await page.getByRole('link', { name: 'Alerts' }).click()
  await page.getByRole('row').nth(1).getByRole('link').first().click()
  await suppressHere(page, 'its command line changes every week')
  step('its alert is suppressed')

  await page.getByRole('link', { name: 'web', exact: true }).click()
  await page.getByRole('tab', { name: 'Serial log' }).click()
  for (const written of HOSTILE)
    await page.locator('pre').filter({ hasText: written }).first().waitFor()
  await isUnharmed(page)

  const { page: readers, faults } = await portal.window(t)
  await signIn(readers, service, 'rob')
  await readers.getByRole('link', { name: 'Virtual machines' }).click()
  await readers.getByRole('link', { name: 'web', exact: true }).click()
  const stop = button(readers, 'Stop')
  await stop.and(readers.locator('[aria-disabled=true]')).waitFor()
  const right = 'Microsoft.Compute/virtualMachines/powerOff/action'
  await isDescribed(stop, `Your role does not include ${right}.`)
  await stop.click({ force: true })
  assert.equal(await readers.getByRole('alertdialog').count(), 0)
  await readers.close()
  for (const fault of faults.splice(0)) assert.match(fault, /status of 403/)
  assert.equal(await real!.powerOf(id), 'VM running')
})
