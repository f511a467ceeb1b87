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
  await page.goBack()
  await page.getByText('1 of 2 shown').waitFor()
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('Integrity of virtual machines').waitFor()
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

test('of a list that is open, what changes is asked for alone, and what is deleted goes', {
  skip: portalMissing,
}, async (t) => {
  const portal = await aPortal(t)
  for (const name of ['db', 'web']) await aVm(portal.service, name)
  const { page } = await portal.open(t, '/virtual-machines')
  const row = (name: string) => page.getByRole('row').filter({ hasText: name })
  await row('web').getByText('Running').waitFor()
  const asked: string[] = []
  page.on('request', (one) => {
    const url = new URL(one.url())
    if (url.pathname.endsWith('/fleet')) asked.push(url.searchParams.get('ids') ?? 'all')
  })
  const { service } = portal
  const machine = (name: string) =>
    `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/${name}`
  await service.over(await service.ask('POST', `${machine('web')}/deallocate`))
  await row('web').getByText('Deallocated').waitFor()
  await service.over(await service.ask('DELETE', machine('db')))
  await row('db').waitFor({ state: 'detached' })
  await aVm(portal.service, 'cache')
  await row('cache').getByText('Running').waitFor()
  await page.getByText('2 in all').waitFor()
  assert.ok(asked.length >= 3 && !asked.includes('all'), asked.join(' '))
})
