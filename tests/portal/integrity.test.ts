// What a VM proved: verdict, chain, events, registers, history and drift, as a person sees and decides them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BootView, REASON_MAX } from '@trusted-launch/api'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aVm } from '@trusted-launch/service/a-vm'
import { READER } from '../../apps/service/src/identity/role-definitions.ts'
import { aPrincipal, mayAlso } from '../../apps/service/test/a-principal.ts'
import { aSharedPortal, goTo, portalMissing } from './a-portal.ts'
import { obstaclesIn } from './axe.ts'
import { obstaclesInLooks } from './looks.ts'

const host = new DriftedHost()
const portal = await aSharedPortal(host)

/** A VM that proved itself once and is another since. */
async function aDriftedVm(name: string) {
  host.isDrifted = false
  const { id } = await aVm(portal.service, name)
  host.isDrifted = true
  const asked = await portal.service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
  await portal.service.over(asked)
  return { id, path: `/virtual-machine/${encodeURIComponent(id.slice(1))}/integrity` }
}

test('a person sees what failed since when, opens the event, compares two boots and approves the drift', {
  skip: portalMissing,
}, async (t) => {
  const { id, path } = await aDriftedVm('seen')
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
  await event.getByText('✓ its register replays to what was given (check 20)').waitFor()
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
  await page.getByText('administrator: the update of last night').waitFor()
  const { body } = await portal.service.ask('GET', `${id}/providers/TrustedLaunch/drift`)
  assert.equal(body.value[0].properties.status, 'Approved')
})

test('a failure that was never cleared is told beside a good verdict, and cleared for a reason', {
  skip: portalMissing,
}, async (t) => {
  const { id, path } = await aDriftedVm('cleared')
  host.isDrifted = false
  const evidence = `${id}/providers/TrustedLaunch/evidence`
  await portal.service.over(await portal.service.ask('POST', `${evidence}/attest`))
  const { page } = await portal.open(t, path)
  await page.getByText('Healthy: everything that booted is what was expected.').waitFor()
  await page.getByText('It failed before, and nobody cleared that').waitFor()
  assert.deepEqual(await obstaclesIn(page), [])
  await page.getByRole('button', { name: 'Clear the failure' }).click()
  const reason = page.getByLabel('Reason')
  assert.equal(await reason.getAttribute('maxlength'), String(REASON_MAX))
  await reason.fill('x'.repeat(REASON_MAX))
  await page.getByRole('dialog').getByRole('button', { name: 'Clear the failure' }).click()
  await page.getByText('It failed before, and nobody cleared that').waitFor({ state: 'detached' })
  assert.equal((await portal.service.ask('GET', evidence)).body.failure, undefined)
})

test('who may not read evidence is told so, and the page asks for nothing that is refused', {
  skip: portalMissing,
}, async (t) => {
  const { id, path } = await aDriftedVm('withheld')
  const { service } = portal
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const { page, faults } = await portal.open(t, path, reader.ask)
  await page.getByText('Your role does not include TrustedLaunch/evidence/read.').waitFor()
  assert.deepEqual(faults.splice(0), [])
  await mayAlso(service, reader.name, ['TrustedLaunch/evidence/read'], id)
  await page.reload()
  await goTo(page, `${path}?part=drift`)
  await page.getByText('Your role does not include TrustedLaunch/drift/read.').waitFor()
  assert.deepEqual(faults.splice(0), [])
})

/** What a guest may write where it writes: markup, an escape of a terminal, letters that run backwards. */
const HOSTILE = '<img src=x onerror="window.harmed=1">\u001b[2Jmod\u202etxt.ko'
const SHOWN = '<img src=x onerror="window.harmed=1">\\u001b[2Jmod\\u202etxt.ko'
const EVENTS = 5_000

test('a log of 5,000 events is there at once, row by row as it is looked at, and what a guest wrote is text', {
  skip: portalMissing,
}, async (t) => {
  const { path } = await aDriftedVm('hostile')
  const { page } = await portal.open(t, '/virtual-machines')
  await page.evaluate(watchFirstRow)
  await page.route('**/bootView?*', async (route) => {
    const { pathname } = new URL(route.request().url())
    const { body } = await portal.service.ask('GET', pathname)
    await route.fulfill({ json: hostile(body) })
  })
  await goTo(page, path)
  const table = page.getByRole('table', { name: 'Events' })
  await table.getByText(SHOWN).first().waitFor()
  assert.ok((await table.getByRole('row').count()) < 100, 'only rows in sight are there')
  assert.equal(await table.getAttribute('aria-rowcount'), String(EVENTS + 1))
  const ms: number = await page.evaluate('firstRow - bootRead')
  t.diagnostic(`first rows of ${EVENTS} events: ${Math.round(ms)} ms after the answer was there`)

  const chain = page.getByRole('region', { name: 'Boot chain' })
  assert.ok((await chain.getByText(SHOWN).count()) > 0)
  for (const [tab, name] of [
    ['Files (IMA)', 'Files (IMA)'],
    ['Claims', 'The boot'],
  ] as const) {
    await page.getByRole('tab', { name: tab }).click()
    await page.getByRole('table', { name }).getByText(SHOWN).first().waitFor()
  }
  await page.route('**/drift?*', async (route) => {
    const { pathname } = new URL(route.request().url())
    const { body } = await portal.service.ask('GET', pathname)
    for (const { properties } of body.value)
      for (const one of properties.differences) one.component = HOSTILE
    await route.fulfill({ json: body })
  })
  await page.getByRole('tab', { name: 'Drift' }).click()
  await page.locator('bdi').getByText(SHOWN).first().waitFor()
  assert.ok(!(await page.getByRole('main').innerHTML()).includes('\u202e'))
  assert.equal(await page.evaluate('window.harmed'), undefined)
  assert.equal(await page.locator('img[src=x]').count(), 0)
})

/** In the page: when its answer was there, and when a row of it. */
function watchFirstRow() {
  const scope = globalThis as any
  const read = scope.Response.prototype.text
  scope.Response.prototype.text = async function (this: { url: string }) {
    const text = await read.call(this)
    if (this.url.includes('/bootView')) scope.bootRead = scope.performance.now()
    return text
  }
  new scope.MutationObserver(() => {
    if (scope.firstRow !== undefined) return
    const row = scope.document.querySelector('[aria-label=Events] tr[aria-rowindex="2"]')
    if (row !== null) scope.firstRow = scope.performance.now()
  }).observe(scope.document, { childList: true, subtree: true })
}

function hostile(boot: BootView): BootView {
  const { events, files, chain, claims } = boot
  return {
    ...boot,
    events: Array.from({ length: EVENTS }, (_, index) => ({
      ...events[index % events.length]!,
      ...{ index, text: HOSTILE },
    })),
    files: files.map((file) => ({ ...file, path: HOSTILE })),
    chain: chain.map((stage) => ({ ...stage, what: HOSTILE, signer: HOSTILE })),
    claims: { ...claims, 'command-line': { value: HOSTILE, verified: true, events: [1] } },
    findings: boot.findings.map((one) => ({ ...one, summary: HOSTILE, actual: HOSTILE })),
  }
}

test('nothing of the integrity of a VM keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const { path } = await aDriftedVm('web')
  const { page } = await portal.open(t, path)
  const found: string[] = []
  for (const part of ['events', 'registers', 'claims', 'files', 'history', 'drift', 'check']) {
    await goTo(page, `${path}?part=${part}`)
    await page.getByRole('region', { name: 'Boot chain' }).waitFor()
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    found.push(...(await obstaclesInLooks(page, `integrity-${part}`, true)))
  }
  assert.deepEqual(found, [])
})
