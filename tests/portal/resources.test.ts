// Disks, images and scale sets: what there is of them, and what is done with them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aVm } from '@trusted-launch/service/a-vm'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import type { Page } from 'playwright-core'
import { aDefinition, aVersion } from '../../apps/service/test/a-gallery.ts'
import { aScaleSet, instancesOf } from '../../apps/service/test/http/a-scale-set.ts'
import { aSharedPortal, goTo, portalMissing } from './a-portal.ts'
import { obstaclesInLooks } from './looks.ts'

const KEYS = {
  securityProfile: {
    uefiSettings: { signatureTemplateNames: ['MicrosoftUefiCertificateAuthorityTemplate'] },
  },
}

const EXAMINATION: ConstructorParameters<typeof ScriptedHost>[0] = {
  examination: {
    rows: [
      { what: 'boot loader', state: 'works', reason: 'It is signed.', advice: null },
      { what: 'cloud-init', state: 'does not', reason: 'There is none.', advice: 'Install it.' },
      { what: 'IMA', state: 'cannot tell', reason: 'The disk is encrypted.', advice: null },
    ],
  },
}

const part = (id: string) => encodeURIComponent(id.slice(1))
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const sure = (page: Page, name: string) =>
  page.getByRole('alertdialog').getByRole('button', { name, exact: true })

const portal = await aSharedPortal(new ScriptedHost(EXAMINATION))
if (portalMissing === false) await aVm(portal.service, 'web')
/** One of an image of a gallery, with keys. */
const version = portalMissing === false ? await aKeyedVersion() : ''

async function aKeyedVersion(): Promise<string> {
  const definition = await aDefinition(portal.service, 'TrustedLaunchSupported')
  return aVersion(portal.service, definition, '1.0.0', KEYS)
}

/** A disk that no VM has. */
async function aDisk(): Promise<string> {
  const { service } = portal
  const id = `${service.group('rg')}/providers/Microsoft.Compute/disks/spare`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  const put = await service.ask('PUT', id, { location: 'local', properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  return id
}

test('a free disk is deleted once its name is typed, and one that a machine has is not offered for it', {
  skip: portalMissing,
}, async (t) => {
  const disk = await aDisk()
  const { page } = await portal.open(t, '/disks')
  await page.getByText('2 in all').waitFor()
  await page.getByRole('cell').getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('textbox').fill('spare')
  await sure(page, 'Delete').click()
  await page.getByText('1 in all').waitFor()
  assert.equal((await portal.service.ask('GET', disk)).status, 404)
})

test('images and versions of galleries are one list, and each tells what was found and which keys it brings', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/images')
  await page.getByText('2 in all').waitFor()
  await page.getByRole('link', { name: 'ours/TrustedLaunchSupported/1.0.0' }).click()
  await page.getByRole('heading', { name: 'Keys that firmware begins with' }).waitFor()
  await page.getByText('MicrosoftUefiCertificateAuthorityTemplate').waitFor()
  const row = page.getByRole('row').filter({ hasText: 'cloud-init' })
  assert.equal(await row.innerText(), 'cloud-init\tDoes not work\tThere is none.\tInstall it.')
})

test('a scale set is made larger at once, smaller once that is answered for, and its instances act when chosen', {
  skip: portalMissing,
}, async (t) => {
  const { id } = await aScaleSet(portal.service, 1)
  const { page } = await portal.open(t, '/scale-sets')
  await page.getByRole('link', { name: 'web' }).click()
  const wanted = page.getByRole('spinbutton', { name: 'Instances' })
  await wanted.fill('2')
  await wanted.press('Enter')
  await button(page, 'Scale').click()
  await page.getByRole('checkbox', { name: 'web_1' }).waitFor()
  await button(page, 'Stop').and(page.locator('[aria-disabled=true]')).waitFor()
  await page.getByRole('checkbox', { name: 'web_0' }).click()
  await button(page, 'Stop').click()
  await page.getByText('Stop web_0?').waitFor()
  await sure(page, 'Stop').click()
  await page.getByRole('cell', { name: 'Stopped' }).waitFor()
  await wanted.fill('1')
  await wanted.press('Enter')
  await button(page, 'Scale').click()
  await page.getByText('Give web 1 instances instead of 2?').waitFor()
  await sure(page, 'Scale').click()
  await page.getByRole('checkbox', { name: /^web_/ }).nth(1).waitFor({ state: 'detached' })
  assert.equal((await instancesOf(portal.service, id)).length, 1)
})

test('no page of disks, images and scale sets fails or keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  await aDisk()
  const { id: set } = await aScaleSet(portal.service, 2)
  const pages = {
    disks: '/disks',
    images: '/images',
    image: `/image/${part(version)}`,
    'scale-sets': '/scale-sets',
    'scale-set': `/scale-set/${part(set)}`,
  }
  const { page } = await portal.open(t, '/')
  const found: string[] = []
  for (const [title, path] of Object.entries(pages)) {
    await goTo(page, path)
    await page.getByRole('table').first().waitFor()
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    found.push(...(await obstaclesInLooks(page, title)))
  }
  assert.deepEqual(found, [])
})
