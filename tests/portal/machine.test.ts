// What is done with one virtual machine, and what its page tells of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aVm } from '@trusted-launch/service/a-vm'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { variablesOfTemplate } from '@trusted-launch/uefi'
import type { Page } from 'playwright-core'
import { keysFor } from '../../apps/service/src/catalogue/secure-boot-templates.ts'
import { firmwareKeysOf } from '../../apps/service/test/a-firmware.ts'
import { aSharedPortal, goTo, isDescribed, portalMissing } from './a-portal.ts'
import { obstaclesInLooks } from './looks.ts'

const TABS = [
  'overview',
  'configuration',
  'console',
  'disks',
  'network',
  'extensions',
  'activity',
  'serial',
] as const

const pageOf = (id: string, tab: string) =>
  `/virtual-machine/${encodeURIComponent(id.slice(1))}/${tab}`
/** What deeds of the host wait for. */
let held: Promise<void> | undefined
const keys = keysFor('Linux')
const host = new ScriptedHost({
  before: () => held,
  firmwareKeys: firmwareKeysOf(keys),
  variables: variablesOfTemplate(keys, true),
})
const portal = await aSharedPortal(host)

/** The machine of most tests. */
const web = portalMissing === false ? (await aVm(portal.service, 'web')).id : ''

const statusOf = async (id: string) =>
  (await portal.service.ask('GET', `${id}/instanceView`)).body.statuses.map(({ code }: any) => code)
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const sure = (page: Page, name: string) =>
  page.getByRole('alertdialog').getByRole('button', { name, exact: true })

test('a virtual machine is stopped, started and deleted by its buttons, once the question is answered', {
  skip: portalMissing,
}, async (t) => {
  const { id } = await aVm(portal.service, 'old')
  const { page, faults } = await portal.open(t, pageOf(id, 'overview'))
  await isDescribed(button(page, 'Start'), 'old is: Running.')
  assert.equal(await button(page, 'Start').getAttribute('aria-disabled'), 'true')
  await button(page, 'Stop').click()
  await page.getByText('Stop old?').waitFor()
  await sure(page, 'Cancel').click()
  assert.ok((await statusOf(id)).includes('PowerState/running'))
  await button(page, 'Stop').click()
  await sure(page, 'Stop').click()
  await page.getByText('Stopped', { exact: true }).waitFor()
  assert.ok((await statusOf(id)).includes('PowerState/stopped'))
  await button(page, 'Start').click()
  await page.getByText('Running', { exact: true }).waitFor()
  await button(page, 'Delete').click()
  assert.ok(await sure(page, 'Delete').isDisabled())
  await page.getByRole('textbox').fill('old')
  await sure(page, 'Delete').click()
  await page.getByRole('heading', { level: 1, name: 'Virtual machines' }).waitFor()
  for (let status = 200; status !== 404; ) status = (await portal.service.ask('GET', id)).status
  // The page may ask once more for what is gone, before it has left it.
  for (const fault of faults.splice(0))
    assert.match(fault, /status of 404 .*virtualMachines\/old\?/)
})

test('what is being done with a virtual machine is shown after a reload too, until it is over', {
  skip: portalMissing,
}, async (t) => {
  const { id } = await aVm(portal.service, 'held')
  const { promise, resolve } = Promise.withResolvers<void>()
  held = promise
  t.after(() => resolve())
  const { page } = await portal.open(t, pageOf(id, 'overview'))
  await button(page, 'Deallocate').click()
  await sure(page, 'Deallocate').click()
  const progress = page.getByRole('progressbar', { name: 'vm.deallocate' })
  await progress.waitFor()
  await page.reload()
  await progress.waitFor()
  resolve()
  held = undefined
  await progress.waitFor({ state: 'detached' })
  await page.getByText('Deallocated', { exact: true }).waitFor()
})

test('Secure Boot is switched off only once it was told that this restarts the machine', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, pageOf(web, 'configuration'))
  await page.getByRole('switch', { name: 'Secure Boot' }).click()
  await page.getByRole('listitem').getByText('It is restarted at once.').waitFor()
  await button(page, 'Apply').click()
  await sure(page, 'Apply').click()
  await page.getByText('Nothing is changed yet.').waitFor()
  const { body } = await portal.service.ask('GET', web)
  assert.deepEqual(body.properties.securityProfile.uefiSettings, {
    secureBootEnabled: false,
    vTpmEnabled: true,
  })
})

test('what its firmware trusts is on the configuration page: certificates, until when, and how much is revoked', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, pageOf(web, 'configuration'))
  const table = page.getByRole('region', { name: 'What its firmware trusts now' })
  const row = table.getByRole('row').filter({ hasText: 'UEFI 2011' })
  await row.getByText('2026-06-27').waitFor()
  const revoked = String(keys.dbx.flatMap(({ value }) => value).length)
  await page.getByText('Revoked hashes (dbx)').waitFor()
  await page.getByText(revoked, { exact: true }).waitFor()
  await page.getByText('Enforced', { exact: true }).waitFor()
})

test('a free disk of its group is attached to a virtual machine, and detached again', {
  skip: portalMissing,
}, async (t) => {
  const disk = `${portal.service.group('rg')}/providers/Microsoft.Compute/disks/spare`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  const put = await portal.service.ask('PUT', disk, { location: 'local', properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const { page } = await portal.open(t, pageOf(web, 'disks'))
  await page.getByRole('combobox').selectOption({ label: 'spare' })
  await button(page, 'Attach').click()
  await button(page, 'Detach').click()
  await page.getByText('Detach spare from web?').waitFor()
  await sure(page, 'Detach').click()
  await page.getByRole('cell', { name: 'spare' }).waitFor({ state: 'detached' })
  assert.deepEqual(
    (await portal.service.ask('GET', web)).body.properties.storageProfile.dataDisks,
    [],
  )
})

test("what a guest wrote to its console is text, whatever it is, and the page's activity tells who did what", {
  skip: portalMissing,
}, async (t) => {
  const wrote =
    '\u001b[1;31mred\u001b[0m <img src=x onerror="document.title=1"><script>1</script> démarré ●\n'
  // As a host has it: a character a byte.
  host.console = async () => Buffer.from(wrote).toString('latin1')
  const { page } = await portal.open(t, pageOf(web, 'serial'))
  await page.locator('pre').waitFor()
  assert.equal(
    await page.locator('pre').innerText(),
    'red <img src=x onerror="document.title=1"><script>1</script> démarré ●\n',
  )
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download all of it' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'web-serial.log')
  await portal.service.over(await portal.service.ask('POST', `${web}/restart`))
  await page.getByRole('tab', { name: 'Activity' }).click()
  await page.getByRole('cell', { name: /virtualMachines\/restart\/action/ }).waitFor()
})

test("no part of a virtual machine's page fails or keeps people from using it", {
  skip: portalMissing,
}, async (t) => {
  const extension = {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  }
  await portal.service.ask('PUT', `${web}/extensions/GuestAttestation`, {
    location: 'local',
    properties: extension,
  })
  const { page } = await portal.open(t, '/')
  const found: string[] = []
  for (const tab of TABS) {
    await goTo(page, pageOf(web, tab))
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    found.push(...(await obstaclesInLooks(page, `machine-${tab}`)))
  }
  assert.deepEqual(found, [])
})

test('a virtual machine that never proved itself says so, and its page asks for nothing that is not there', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, pageOf(web, 'integrity'))
  await page.getByText('This virtual machine has not proven anything yet.').waitFor()
})
