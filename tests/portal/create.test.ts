// A new virtual machine, from the first letter of its name to the proof of its boot; and what keeps somebody from one.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { run } from '@trusted-launch/cli'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aVm, KEY } from '@trusted-launch/service/a-vm'
import picocolors from 'picocolors'
import type { Locator, Page } from 'playwright-core'
import { aPrincipal } from '../../apps/service/test/a-principal.ts'
import { CREATE_BUTTON, field, fillBasics, small } from './a-new-vm.ts'
import { aSharedPortal, isDescribed, portalMissing } from './a-portal.ts'
import { obstaclesInLooks } from './looks.ts'

const CREATE = '/virtual-machines/create'
const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const skip = portalMissing
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
/** What it waits for before a machine is made. */
let boot: Promise<void> | undefined

class Host extends DriftedHost {
  override async create(...of: Parameters<DriftedHost['create']>) {
    await boot
    return super.create(...of)
  }
}

const portal = await aSharedPortal(new Host())
const machine = (name: string) =>
  `${portal.service.group('default')}/providers/Microsoft.Compute/virtualMachines/${name}`

/** Goes there as who has no mouse does. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor()
  for (let i = 0; i < 60; i++) {
    if (await wanted.evaluate((one: any) => one === one.ownerDocument.activeElement)) return
    await page.keyboard.press('Tab')
  }
  assert.fail(`the keyboard does not reach ${wanted}`)
}

async function type(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, field(page, label))
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}

async function press(page: Page, name: string, key = 'Enter'): Promise<void> {
  await tabTo(page, button(page, name))
  await page.keyboard.press(key)
}

test('who has no mouse makes a virtual machine as they want it, and is told that it proved its boot', {
  skip,
}, async (t) => {
  const { page } = await portal.open(t, '/virtual-machines')
  const sent: unknown[] = []
  page.on('request', (one) => {
    const { pathname: path } = new URL(one.url())
    if (one.method() === 'PUT') sent.push({ method: 'PUT', path, body: one.postDataJSON() })
  })
  await tabTo(page, page.getByRole('button', CREATE_BUTTON))
  await page.keyboard.press('Enter')
  await type(page, 'Name', 'web')
  await small(page)
  await tabTo(page, field(page, 'Image'))
  await page.keyboard.type('small')
  await type(page, 'SSH public key', KEY)
  await type(page, 'Tags', 'env=test')
  await press(page, 'Next')
  await press(page, 'Add an empty disk')
  await type(page, 'Empty disk 0, GiB', '2')
  await press(page, 'Next')
  await press(page, 'Next')
  await tabTo(page, page.getByRole('switch', { name: 'Secure Boot' }))
  await page.keyboard.press('Space')
  await press(page, 'Next')
  const json = await shown(page, 'JSON')
  const command = await shown(page, 'tl')
  await tabTo(page, page.getByRole('button', CREATE_BUTTON))
  await page.keyboard.press('Enter')
  await page.getByText('It proved its boot').waitFor()
  await page.getByRole('link', { name: 'Look at web' }).waitFor()

  const { body } = await portal.service.ask('GET', machine('web'))
  assert.deepEqual(body.tags, { env: 'test' })
  assert.equal(body.properties.hardwareProfile.vmSize, 'Standard_B1s')
  assert.equal(body.properties.storageProfile.dataDisks[0].diskSizeGB, 2)
  assert.equal(body.properties.securityProfile.securityType, 'TrustedLaunch')
  const { uefiSettings } = body.properties.securityProfile
  assert.deepEqual(uefiSettings, { secureBootEnabled: false, vTpmEnabled: true })
  const extension = `${machine('web')}/extensions/GuestAttestation`
  assert.equal((await portal.service.ask('GET', extension)).status, 200)
  assert.deepEqual(JSON.parse(json), sent, 'what was shown is what was sent')
  assert.deepEqual(await askedBy(t, command), sent, 'and what the command sends')
})

/** One of the forms in which the review tells what it sends. */
async function shown(page: Page, form: string): Promise<string> {
  await page.getByRole('tab', { name: form, exact: true }).click()
  return page.getByRole('region', { name: form, exact: true }).locator('pre').innerText()
}

/** What a command asks for, as a shell reads it and `tl` answers it. */
async function askedBy(t: TestContext, command: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'tl-create-'))
  const { HOME, XDG_CONFIG_HOME } = process.env
  t.after(() => {
    Object.assign(process.env, { HOME, XDG_CONFIG_HOME })
    rmSync(folder, { recursive: true })
  })
  Object.assign(process.env, { HOME: folder, XDG_CONFIG_HOME: folder })
  const script = `npx() { shift; printf '%s\\0' "$@"; }\n${command}`
  const { stdout } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' })
  const words = stdout.split('\0').slice(0, -1)
  const args = words.map((word) => (word === 'key.pub' ? join(folder, word) : word))
  await tl('login', '--admin', join(portal.service.data, 'admin.json'))
  return JSON.parse(await tl(...args, '--dry-run'))
}

async function tl(...args: string[]): Promise<string> {
  const said = { out: '', err: '' }
  const colors = picocolors.createColors(false)
  const output = {
    out(text: string) {
      said.out += text
    },
    err(text: string) {
      said.err += text
    },
  }
  const code = await run(args, { ...output, colors, width: 80 })
  assert.equal(code, 0, said.err)
  return said.out
}

test('a size that cannot be had says why in the words of the API, and drivers of a GPU are advised about', {
  skip,
}, async (t) => {
  const { page } = await portal.open(t, CREATE)
  await fillBasics(page, 'web')
  await page.getByRole('button', { name: /^Size: Standard_B1s/ }).click()
  const dialog = page.getByRole('dialog')
  const rows = await dialog.getByRole('table').getAttribute('aria-rowcount')
  assert.ok(Number(rows) > 1_000)
  assert.ok((await dialog.getByRole('row').count()) < 100, 'only rows in sight are there')
  await dialog.getByRole('searchbox', { name: 'Search sizes' }).fill('NC4as_T4')
  await dialog.getByRole('button', { name: 'Standard_NC4as_T4_v3' }).click()
  await dialog
    .getByText(/Here, it needs a GPU/)
    .first()
    .waitFor()
  await dialog.getByText(/NVIDIA's CUDA driver will not load/).waitFor()
  const take = dialog.getByRole('button', { name: 'Take Standard_NC4as_T4_v3' })
  assert.equal(await take.getAttribute('aria-disabled'), 'true')
  await isDescribed(take, /it needs a GPU/)
  await dialog.getByRole('searchbox', { name: 'Search sizes' }).fill('D1_v2')
  await dialog.getByRole('button', { name: 'Standard_D1_v2' }).click()
  await dialog
    .getByText(/is not supported for creation of VMs/)
    .first()
    .waitFor()
  await dialog.getByRole('searchbox', { name: 'Search sizes' }).fill('D2s_v5')
  await dialog.getByRole('button', { name: 'Standard_D2s_v5', exact: true }).click()
  await dialog.getByRole('button', { name: 'Take Standard_D2s_v5' }).click()
  await page.getByRole('button', { name: 'Size: Standard_D2s_v5: 2 vCPU, 8 GiB' }).waitFor()
})

test('who goes on too early is brought to what is wrong, and told beside it what it is', {
  skip,
}, async (t) => {
  await aVm(portal.service, 'taken')
  const { page } = await portal.open(t, CREATE)
  await button(page, 'Next').click()
  const name = field(page, 'Name')
  await page.locator(':focus[aria-invalid=true]').waitFor()
  await isDescribed(name, /Letters, digits and hyphens, 64 at most/)
  await fillBasics(page, 'taken')
  await field(page, 'Resource group').fill('rg')
  await isDescribed(name, /There is a virtual machine taken in that group already/)
  await name.fill('web')
  const key = field(page, 'SSH public key')
  await key.fill('-----BEGIN OPENSSH PRIVATE KEY-----')
  await isDescribed(key, /That is a private key/)
  await key.fill(KEY.slice(0, 50))
  await isDescribed(key, /no public key of Ed25519/)
  await field(page, 'Administrator').fill('root')
  await isDescribed(field(page, 'Administrator'), /No administrator may be called so/)
  await page.getByRole('tab', { name: 'Review' }).click()
  const create = page.getByRole('button', CREATE_BUTTON)
  assert.equal(await create.getAttribute('aria-disabled'), 'true')
  await isDescribed(create, /the list above says what/)
})

test('a refusal is told in the words of the API with its correlation id, and what was made on the way is cleaned up', {
  skip,
}, async (t) => {
  const { page, faults } = await portal.open(t, CREATE)
  await fillBasics(page, 'web')
  await field(page, 'Resource group').fill('fresh')
  await page.getByRole('tab', { name: 'Review' }).click()
  await portal.service.ask('POST', '/providers/TrustedLaunch/hosts/local/drain')
  await page.getByRole('button', CREATE_BUTTON).click()
  const alert = page.getByRole('alert').filter({ hasText: 'Correlation id' })
  await alert.waitFor()
  await page.getByText('Made on the way, and still there: Resource group fresh.').waitFor()
  await button(page, 'Clean up').click()
  await page.getByText('Delete Resource group fresh, with all that is in it?').waitFor()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Clean up' }).click()
  await field(page, 'Name')
    .or(page.getByRole('tab', { name: 'Review' }))
    .first()
    .waitFor()
  assert.equal((await portal.service.ask('GET', portal.service.group('fresh'))).status, 404)
  // The browser's own word for it.
  assert.match(faults.splice(0).join(), /^Failed to load resource: .* 409 \(Conflict\) https:\S+$/)
  await portal.service.ask('POST', '/providers/TrustedLaunch/hosts/local/resume')
})

test('a reload in the middle keeps what was told but no secret, and what is being made goes on', {
  skip,
}, async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  boot = promise
  t.after(() => resolve())
  const { page } = await portal.open(t, CREATE)
  await fillBasics(page, 'web-2')
  await page.getByRole('switch', { name: 'A password, too' }).click()
  await page.locator('input[type=password]').fill('Secret-of-mine-1')
  await button(page, 'Next').click()
  await button(page, 'Add an empty disk').click()
  await page.reload()
  await field(page, 'Empty disk 0, GiB').waitFor()
  await page.getByRole('tab', { name: 'Basics' }).click()
  assert.equal(await field(page, 'Name').inputValue(), 'web-2')
  assert.equal(await page.locator('input[type=password]').inputValue(), '')
  await page.locator('input[type=password]').fill('Secret-of-mine-1')
  await page.getByRole('tab', { name: 'Review' }).click()
  for (const form of ['tl', 'TypeScript', 'JSON'])
    assert.doesNotMatch(await shown(page, form), /Secret-of-mine/)
  await page.getByRole('button', CREATE_BUTTON).click()
  const list = page.getByRole('list', { name: 'What is being made' })
  const vm = list.getByRole('listitem').filter({ hasText: 'Virtual machine: web-2' })
  await vm.getByText('Under way').waitFor()
  const kept: string = await page.evaluate('JSON.stringify({...sessionStorage, ...localStorage})')
  assert.doesNotMatch(kept, /Secret-of-mine/)
  await page.reload()
  await vm.getByText('Under way').waitFor()
  resolve()
  await vm.getByText('Done').waitFor()
  const extension = list.getByRole('listitem').filter({ hasText: 'Extension' })
  await extension.getByText('Done').waitFor()
})

test('who may only read sees what they may not do, disabled and with the right that it needs; the API refuses it all the same', {
  skip,
}, async (t) => {
  const { id } = await aVm(portal.service, 'seen')
  const { ask } = await aPrincipal(portal.service, READER, portal.service.subscription)
  const { page } = await portal.open(t, '/virtual-machines', ask)
  const create = page.getByRole('button', CREATE_BUTTON)
  await create.and(page.locator('[aria-disabled=true]')).waitFor()
  const needs = (action: string) => `Your role does not include ${action}.`
  await isDescribed(create, needs('Microsoft.Compute/virtualMachines/write'))
  await page.getByRole('link', { name: 'seen', exact: true }).click()
  for (const [name, action] of [
    ['Stop', 'powerOff/action'],
    ['Restart', 'restart/action'],
    ['Delete', 'delete'],
  ] as const) {
    const one = button(page, name)
    await one.and(page.locator('[aria-disabled=true]')).waitFor()
    await isDescribed(one, needs(`Microsoft.Compute/virtualMachines/${action}`))
  }
  await button(page, 'Stop').click({ force: true })
  assert.equal(await page.getByRole('alertdialog').count(), 0)
  const refused = await ask('POST', `${id}/powerOff`)
  assert.equal(refused.body.error.code, 'AuthorizationFailed')
})

test('no step of it keeps people from using it', { skip }, async (t) => {
  const found: string[] = []
  const { page } = await portal.open(t, CREATE)
  const see = async (what: string) => {
    found.push(...(await obstaclesInLooks(page, `create-${what}`, true)))
  }
  await fillBasics(page, 'looked-at')
  await page.getByRole('button', { name: /^Size: / }).click()
  await page.getByRole('searchbox', { name: 'Search sizes' }).fill('T4_v3')
  await page.getByRole('button', { name: 'Standard_NC4as_T4_v3' }).click()
  await see('size')
  await button(page, 'Cancel').click()
  for (const step of ['Basics', 'Disks', 'Network', 'Security type', 'Review']) {
    await page.getByRole('tab', { name: step }).click()
    if (step === 'Disks') await button(page, 'Add an empty disk').click()
    await see(step.split(' ')[0]!.toLowerCase())
  }
  await page.getByRole('button', CREATE_BUTTON).click()
  await page.getByRole('link', { name: 'Look at looked-at' }).waitFor()
  await see('made')
  assert.deepEqual(found, [])
})
