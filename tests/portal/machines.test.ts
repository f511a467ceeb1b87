import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aVm } from '@trusted-launch/service/a-vm'
import { aPortal, portalMissing } from './a-portal.ts'

test('a portal that nobody signed in to asks for it', { skip: portalMissing }, async (t) => {
  const { browser, service } = await aPortal(t)
  const page = await browser.newPage()
  await page.goto(`${service.service.endpoint}/`)
  await page.getByRole('link', { name: 'Sign in with a name of this installation' }).click()
  await page.getByLabel('Name').waitFor()
  assert.match(page.url(), /\/signin\//)
})

test('virtual machines are listed, filtered by what the address says, and opened', {
  skip: portalMissing,
}, async (t) => {
  const portal = await aPortal(t)
  for (const name of ['web', 'db']) await aVm(portal.service, name)
  const { page } = await portal.open(t, '/virtual-machines')
  await page.getByRole('link', { name: 'web' }).waitFor()
  await page.getByRole('searchbox', { name: 'Filter by name' }).fill('d')
  await page.getByText('1 of 2 shown').waitFor()
  assert.match(page.url(), /[?&]name=d/)
  await page.getByRole('link', { name: 'db', exact: true }).click()
  await page.getByRole('heading', { name: 'db' }).waitFor()
  await page.getByText('Standard_B1s').waitFor()
  if (process.env.TL_SHOTS) await page.screenshot({ path: `${process.env.TL_SHOTS}/machine.png` })
  await page.goBack()
  await page.getByText('1 of 2 shown').waitFor()
  if (process.env.TL_SHOTS) await page.screenshot({ path: `${process.env.TL_SHOTS}/machines.png` })
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('Integrity of virtual machines').waitFor()
  if (process.env.TL_SHOTS) await page.screenshot({ path: `${process.env.TL_SHOTS}/overview.png` })
})

/** Later than what is told of a VM's power, and gathered. */
const EVIDENCE_MS = 2_500

class SlowHost extends DriftedHost {
  override async collectEvidence(...asked: Parameters<DriftedHost['collectEvidence']>) {
    await sleep(EVIDENCE_MS)
    return super.collectEvidence(...asked)
  }
}

test('a list that is open shows a new virtual machine, and its verdict once there is one', {
  skip: portalMissing,
}, async (t) => {
  const portal = await aPortal(t, new SlowHost())
  await aVm(portal.service, 'db')
  const { page } = await portal.open(t, '/virtual-machines')
  await page.getByRole('link', { name: 'db', exact: true }).waitFor()
  await aVm(portal.service, 'web')
  await page.getByRole('row').filter({ hasText: 'web' }).getByText('Healthy').waitFor()
})
