// What a VM proved: verdict, chain, events, registers, history and drift, as a person sees and decides them.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aVm } from '@trusted-launch/service/a-vm'
import { aPortal, portalMissing } from './a-portal.ts'
import { obstaclesIn } from './axe.ts'

/** Where screenshots go; none are made otherwise. */
const shots = process.env.PORTAL_SHOTS

async function aDriftedVm(t: TestContext) {
  const host = new DriftedHost()
  const portal = await aPortal(t, host)
  const { id } = await aVm(portal.service, 'web')
  host.isDrifted = true
  const asked = await portal.service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
  await portal.service.over(asked)
  return { portal, host, id, path: `/virtual-machine/${encodeURIComponent(id.slice(1))}/integrity` }
}

test('a person sees what failed since when, opens the event, compares two boots and approves the drift', {
  skip: portalMissing,
}, async (t) => {
  const { portal, id, path } = await aDriftedVm(t)
  const { page } = await portal.open(t, path)
  await page.getByText('Not to be trusted: kernel is not as expected.').waitFor()
  const chain = page.getByRole('region', { name: 'Boot chain' })
  await chain.getByText('Changed').waitFor()
  assert.ok((await chain.getByRole('listitem').count()) >= 2)

  await page.getByRole('searchbox', { name: 'Search the events' }).fill('console=')
  await page
    .getByRole('button', { name: /^Event \d+$/ })
    .last()
    .click()
  const event = page.getByRole('dialog')
  await event.getByText('A quoted register vouches for its digest').waitFor()
  await event.getByText('000000').waitFor()
  await event.getByRole('button', { name: 'Close' }).click()

  await page.getByRole('tab', { name: 'Registers' }).click()
  await page.getByText('The logs give it').first().waitFor()
  assert.equal(await page.getByText('The logs do not give it').count(), 0)

  await page.getByRole('tab', { name: 'History' }).click()
  for (const box of await page.getByRole('checkbox', { name: /^Choose to compare/ }).all())
    await box.check()
  await page.getByRole('heading', { name: 'What differs' }).waitFor()

  await page.getByRole('tab', { name: 'Drift' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByLabel('Reason').fill('the update of last night')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await page.getByText('the update of last night').waitFor()
  const { body } = await portal.service.ask('GET', `${id}/providers/TrustedLaunch/drift`)
  assert.equal(body.value[0].properties.status, 'Approved')
})

test('nothing of the integrity of a VM keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const { portal, path } = await aDriftedVm(t)
  const found: string[] = []
  for (const [look, width, colorScheme] of [
    ['light', 1280, 'light'],
    ['dark', 1280, 'dark'],
    ['narrow', 390, 'light'],
  ] as const) {
    const options = { viewport: { width, height: 900 }, colorScheme }
    const { page } = await portal.open(t, path, options)
    for (const part of ['events', 'registers', 'claims', 'files', 'history', 'drift', 'check']) {
      await page.goto(`${portal.service.service.endpoint}/portal${path}?part=${part}`)
      await page.getByRole('region', { name: 'Boot chain' }).waitFor()
      await page.waitForFunction("!document.body.innerText.includes('Loading …')")
      for (const each of await obstaclesIn(page)) found.push(`${look} ${part}: ${each}`)
      if (shots === undefined) continue
      mkdirSync(shots, { recursive: true })
      await page.screenshot({ path: `${shots}/integrity-${part}-${look}.png`, fullPage: true })
    }
  }
  assert.deepEqual(found, [])
})
