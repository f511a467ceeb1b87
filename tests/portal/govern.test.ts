// What people rule over: which alerts are hidden, what is exempt, how machines are watched, and who may do what.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aVm } from '@trusted-launch/service/a-vm'
import type { Page } from 'playwright-core'
import { aPrincipal, mayAlso } from '../../apps/service/test/a-principal.ts'
import { AttestingHost } from '../../apps/service/test/an-attesting-host.ts'
import { aSharedPortal, goTo, isDescribed, portalMissing } from './a-portal.ts'
import { suppressHere } from './a-rule.ts'
import { obstaclesInLooks } from './looks.ts'

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const OFF = {
  securityProfile: {
    securityType: 'TrustedLaunch',
    uefiSettings: { secureBootEnabled: false, vTpmEnabled: true },
  },
}

const part = (id: string) => encodeURIComponent(id.slice(1))
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const dialog = (page: Page) => page.getByRole('dialog')
const inDialog = (page: Page, name: string) =>
  dialog(page).getByRole('button', { name, exact: true })
const sure = (page: Page, name: string) =>
  page.getByRole('alertdialog').getByRole('button', { name, exact: true })

const portal = await aSharedPortal(new AttestingHost())
if (portalMissing === false) await aVm(portal.service, 'web')
/** One sample of each kind. */
const alerts = portalMissing === false ? await someAlerts() : []

async function someAlerts(): Promise<any[]> {
  const { service } = portal
  const at = `${service.subscription}/providers/Microsoft.Security`
  const properties = { kind: 'Bundles', bundles: ['VirtualMachines'] }
  await service.ask('POST', `${at}/locations/local/alerts/default/simulate`, { properties })
  return (await service.ask('GET', `${at}/alerts`)).body.value
}

async function rulesOf(): Promise<any[]> {
  const { service } = portal
  const path = '/providers/Microsoft.Security/alertsSuppressionRules'
  return (await service.ask('GET', service.subscription + path)).body.value
}

test('a suppression rule is made once it was tried, hides what it said, and is switched off and deleted', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/suppression-rules')
  await button(page, 'New suppression rule').first().click()
  await dialog(page).getByLabel('Rule').fill('lab')
  await dialog(page).getByLabel('Alert type').fill('VM_AttestationSilent')
  await dialog(page).getByLabel('Reason').fill('the lab sleeps')
  assert.ok(await inDialog(page, 'Make the rule').isDisabled())
  await inDialog(page, 'Try it').click()
  await dialog(page).getByText('It would have hidden this one alert.').waitFor()
  assert.deepEqual(await rulesOf(), [])
  await dialog(page).getByLabel('Until').fill('2999-01-31')
  assert.ok(await inDialog(page, 'Make the rule').isDisabled(), 'what was tried was another rule')
  await inDialog(page, 'Try it').click()
  await inDialog(page, 'Make the rule').click()
  await page.getByRole('cell', { name: 'lab', exact: true }).waitFor()
  const [rule] = await rulesOf()
  assert.match(rule.properties.expirationDateUtc, /^2999-0[12]-/)
  await button(page, 'What it hid').click()
  await dialog(page).getByText('It kept nothing from being told').waitFor()
  await inDialog(page, 'Close').click()
  await button(page, 'Disable').click()
  await page.getByRole('cell', { name: 'Disabled' }).waitFor()
  await button(page, 'Delete').click()
  await page.getByText('Delete the rule lab?').waitFor()
  await sure(page, 'Delete').click()
  await page.getByText('No alert is hidden by a rule.').waitFor()
})

test("an alert is suppressed from its page: for its machine and cause, and no other's", {
  skip: portalMissing,
}, async (t) => {
  const [alert] = alerts
  const { page } = await portal.open(t, `/alert/${part(alert.id)}`)
  await suppressHere(page, 'it is meant to be so')
  const [rule] = await rulesOf()
  await page.getByRole('link', { name: rule.name }).waitFor()
  assert.deepEqual(
    rule.properties.suppressionAlertsScope.allOf.map(({ field }: any) => field),
    ['entities.vm.id', 'entities.cause'],
  )
})

/** A file's name that a guest chose: it would name another cause too, and turns letters around. */
const NAME = 'kernel module x,kernel module mod\u202etxt.ko'

test('what a guest wrote is shown as it is on the page of its alert, and a rule for its cause names no other', {
  skip: portalMissing,
}, async (t) => {
  const [, alert] = alerts
  const { page } = await portal.open(t, '/alerts')
  await page.route('**/alerts/*?*', async (route) => {
    const { pathname } = new URL(route.request().url())
    const { body } = await portal.service.ask('GET', pathname)
    const { extendedProperties, supportingEvidence } = body.properties
    extendedProperties.cause = NAME
    const [finding] = supportingEvidence.findings
    const written = { component: NAME, summary: NAME, expected: NAME, actual: NAME }
    supportingEvidence.findings = [{ ...finding, id: 'x', pcr: null, events: [], ...written }]
    await route.fulfill({ json: body })
  })
  await goTo(page, `/alert/${part(alert.id)}`)
  await page.getByRole('heading', { name: 'What was found' }).waitFor()
  const main = await page.getByRole('main').innerHTML()
  assert.ok(!main.includes('\u202e'))
  assert.equal(
    main.split('<bdi>kernel module x,kernel module mod\\u202etxt.ko</bdi>').length - 1,
    5,
  )

  await button(page, 'Suppress …').click()
  const dryRun = page.waitForRequest('**/dryRun?*')
  await dialog(page).getByLabel('Reason').fill('x')
  await dialog(page).getByLabel('Value').last().fill('another cause')
  await inDialog(page, 'Try it').click()
  const { allOf } = (await dryRun).postDataJSON().properties.suppressionAlertsScope
  assert.deepEqual(allOf[1], { field: 'entities.cause', in: [NAME, 'another cause'] })
  await dialog(page).getByText('It would hide no alert that is there.').waitFor()
  await inDialog(page, 'Cancel').click()
})

test('a plan is made and changed once it is known what that would change, and its versions say by whom', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/policies')
  await button(page, 'New plan').click()
  await dialog(page).getByLabel('Where shall it hold?').selectOption({ label: 'rg' })
  await inDialog(page, 'Go on').click()
  await page.getByRole('heading', { level: 1, name: 'Plan of rg' }).waitFor()
  await page.getByLabel('Asked every').fill('900')
  assert.ok(await button(page, 'Apply').isDisabled())
  await button(page, 'What would change?').click()
  await page.getByText('1 machine was judged again. No verdict would change.').waitFor()
  await button(page, 'Apply').click()
  await page.getByText('Version 1 holds from now on.').waitFor()

  await page.getByLabel('Alert type, or type/cause').fill('VM_AttestationSilent')
  await button(page, 'Add a failure').click()
  await page.getByLabel('What is done').selectOption({ label: 'Its network is taken away' })
  await page.getByLabel('after so many good boots').fill('3')
  await page.getByLabel('after so many days').fill('30')
  await page.getByLabel('Audience', { exact: true }).fill('https://relying.example')
  await button(page, 'Add an audience').click()
  await page.getByLabel('Claims told to https://relying.example').fill('command-line, images')
  assert.ok(await button(page, 'Apply').isDisabled(), 'what was tried was another plan')
  await button(page, 'What would change?').click()
  await page.getByText('No verdict would change.').waitFor()
  await button(page, 'Apply').click()
  await page.getByText('Version 2 holds from now on.').waitFor()
  await page.getByRole('cell', { name: 'administrator' }).first().waitFor()
  const path = `${portal.service.group('rg')}/providers/TrustedLaunch/monitoringPlans/default`
  const { document } = (await portal.service.ask('GET', path)).body.properties
  assert.deepEqual(document.failures, {
    VM_AttestationSilent: { severity: 'medium', response: 'isolate' },
  })
  assert.deepEqual(document.references, { retireAfterBoots: 3, retireAfterDays: 30 })
  const claims = ['command-line', 'images']
  assert.deepEqual(document.audiences, { 'https://relying.example': { claims } })
  await button(page, 'Delete').click()
  await sure(page, 'Delete').click()
  await page.getByText('No plan was made').waitFor()
})

test('a policy that would fail machines says which before it is applied; what is no JSON is not tried', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/policies?part=policies')
  await button(page, 'New policy').click()
  await dialog(page).getByLabel('What shall it be called?').fill('strict')
  await inDialog(page, 'Go on').click()
  const document = page.getByLabel('Document')
  const policy = JSON.parse(await document.inputValue())
  assert.equal(policy.id, 'strict')
  await document.fill('{')
  await page.getByText('This is no JSON yet.').waitFor()
  assert.ok(await button(page, 'What would change?').isDisabled())
  const claim = {
    claim: 'secure-boot',
    equals: false,
    when: null,
    severity: 'high',
    message: 'No.',
  }
  await document.fill(JSON.stringify({ ...policy, claims: [...policy.claims, claim] }))
  await button(page, 'What would change?').click()
  await page.getByText('1 would change: 1 for the worse, 0 for the better.').waitFor()
  await page.getByRole('cell', { name: '+ policy.requirement' }).waitFor()
  await button(page, 'Apply').click()
  await page.getByText('Version 1 holds from now on.').waitFor()
})

test('a role is given to a program that was just made, and removed again; names are shown, ids are not', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/access?part=principals')
  await button(page, 'administrator').waitFor()
  await button(page, 'New person or program').click()
  await dialog(page).getByLabel('Kind').selectOption({ label: 'Program' })
  await dialog(page).getByLabel('Display name').fill('Backup')
  await dialog(page).getByLabel('Sign-in name').fill('backup')
  await inDialog(page, 'Save').click()
  await dialog(page).getByText('This secret is shown this once:').waitFor()
  await inDialog(page, 'Close').click()
  await page.getByRole('cell', { name: 'Backup', exact: true }).waitFor()

  await page.getByRole('tab', { name: 'Role assignments' }).click()
  await page.getByRole('cell', { name: 'Owner' }).waitFor()
  await button(page, 'Give a role').click()
  await dialog(page).getByLabel('Who').selectOption({ label: 'Backup (backup)' })
  await dialog(page).getByLabel('Role').selectOption({ label: 'Reader' })
  await inDialog(page, 'Give a role').click()
  const row = page.getByRole('row').filter({ hasText: 'Backup' })
  await row.getByText('Reader').waitFor()
  await row.getByRole('button', { name: 'Remove' }).click()
  await page.getByText(/^Remove the role Reader of Backup at /).waitFor()
  await sure(page, 'Remove').click()
  await row.waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('cell', { name: 'administrator' }).first().waitFor()
})

test('a custom role is made, shown with what it allows, and deleted', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/access?part=roles')
  await button(page, 'New role').click()
  await dialog(page).getByLabel('Name').fill('Restarter')
  await dialog(page)
    .getByLabel('Actions', { exact: true })
    .fill(
      'Microsoft.Compute/virtualMachines/read\nMicrosoft.Compute/virtualMachines/restart/action',
    )
  await inDialog(page, 'Save').click()
  const row = page.getByRole('row').filter({ hasText: 'Restarter' })
  await row.getByRole('button', { name: 'Change' }).click()
  assert.match(
    await dialog(page).getByLabel('Actions', { exact: true }).inputValue(),
    /restart\/action$/,
  )
  await inDialog(page, 'Cancel').click()
  await row.getByRole('button', { name: 'Delete' }).click()
  await sure(page, 'Delete').click()
  await row.waitFor({ state: 'detached' })
})

test('who may only read is told which right a rule needs, and the API refuses it all the same', {
  skip: portalMissing,
}, async (t) => {
  const reader = await aPrincipal(portal.service, READER, portal.service.subscription)
  const { page } = await portal.open(t, '/suppression-rules', reader.ask)
  const make = button(page, 'New suppression rule').first()
  await make.and(page.locator('[aria-disabled=true]')).waitFor()
  const right = 'Microsoft.Security/alertsSuppressionRules/write'
  await isDescribed(make, `Your role does not include ${right}.`)
  const rule = `${portal.service.subscription}/providers/Microsoft.Security/alertsSuppressionRules/lab`
  const refused = await reader.ask('PUT', rule, { properties: {} })
  assert.equal(refused.body.error.code, 'AuthorizationFailed')
  const names = (await rulesOf()).map(({ name }) => name)
  assert.ok(!names.includes('lab'), String(names))
})

test('what of a dialog a role may not do is disabled in it and says why; what a role allows is shown to who may change none', {
  skip: portalMissing,
}, async (t) => {
  const [, alert] = alerts
  const { service } = portal
  const rules = 'Microsoft.Security/alertsSuppressionRules'
  const writer = await aPrincipal(service, READER, service.subscription)
  await mayAlso(service, writer.name, [`${rules}/write`], service.subscription)
  const { page } = await portal.open(t, `/alert/${part(alert.id)}`, writer.ask)
  const lacks = async (control: ReturnType<typeof button>, action: string) => {
    await control.and(page.locator('[aria-disabled=true]')).waitFor()
    await isDescribed(control, `Your role does not include ${action}.`)
  }
  await button(page, 'Suppress …').click()
  await dialog(page).getByLabel('Reason').fill('it is meant to be so')
  await lacks(inDialog(page, 'Try it'), `${rules}/dryRun/action`)
  await inDialog(page, 'Cancel').click()
  await goTo(page, '/access?part=roles')
  const row = page.getByRole('row').filter({ hasText: 'Custom' })
  const change = row.getByRole('button', { name: 'Change' })
  await lacks(change, 'Microsoft.Authorization/roleDefinitions/write')
  await row.getByRole('button', { name: 'Show' }).click()
  await dialog(page).getByLabel('Actions', { exact: true }).waitFor()
  assert.equal(await inDialog(page, 'Save').count(), 0)
})

test('the overview tells how often and how lately machines proved themselves', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.open(t, '/')
  const table = page.getByRole('table').filter({ hasText: 'Age of proofs, oldest' })
  await table.getByRole('row').nth(1).waitFor()
  // Of a minute or of some, and of this quarter of an hour or of the last.
  const told = await table.getByRole('row').allInnerTexts()
  assert.ok(
    told.some((row) => /\t[1-9]\t[\d.]+ min\t/.test(row)),
    told.join('\n'),
  )
  await page.getByText('Attestations in a quarter of an hour').waitFor()
  assert.deepEqual(await obstaclesInLooks(page, 'proofs', true), [])
  // Drawn anew at each of these widths.
  const chart = page.getByText('Age of proofs, minutes').locator('..')
  assert.ok((await chart.boundingBox())!.height < 300)
})

test('a recommendation is exempted for a reason and until a day, by whom is told, and the exemption ended', {
  skip: portalMissing,
}, async (t) => {
  await aVm(portal.service, 'unsafe', OFF)
  const { page } = await portal.open(t, '/recommendations')
  const row = page.getByRole('row').filter({ hasText: 'Secure Boot should be enabled' })
  await row.getByRole('button', { name: 'Exempt' }).click()
  await dialog(page).getByLabel('Reason').fill('GRID drivers are not signed')
  await dialog(page).getByLabel('Until').fill('2999-01-31')
  await inDialog(page, 'Exempt').click()
  await row.waitFor({ state: 'detached' })
  await page.getByRole('main').getByRole('link', { name: 'Exemptions' }).click()
  const kept = page.getByRole('row').filter({ hasText: 'GRID drivers are not signed' })
  await kept.getByText('administrator').waitFor()
  await kept.getByText('Secure Boot should be enabled').waitFor()
  assert.match(await kept.innerText(), /unsafe.*2999/s)
  await kept.getByRole('button', { name: 'End' }).click()
  await sure(page, 'End').click()
  await page.getByText('Nothing is exempt.').waitFor()
})

test('nothing of rules, plans, policies and roles keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const alert = alerts[2]
  const { service } = portal
  const plan = `${service.subscription}/providers/TrustedLaunch/monitoringPlans/default`
  const failures = { VM_AttestationSilent: { severity: 'high', response: 'stop' } }
  const document = { version: 1, name: 'all', intervalSeconds: 900, failures }
  await service.ask('PUT', plan, { properties: { document } })
  const policy = `${service.subscription}/providers/TrustedLaunch/policies/trusted-launch`
  const pages = {
    plan: [`/plan/${part(plan)}`, null],
    policy: [`/policy/${part(policy)}`, null],
    rule: [`/alert/${part(alert.id)}`, 'Suppress …'],
    give: ['/access', 'Give a role'],
    role: ['/access?part=roles', 'New role'],
  } as const
  const { page } = await portal.open(t, '/')
  const found: string[] = []
  for (const [title, [path, opened]] of Object.entries(pages)) {
    await goTo(page, path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    if (opened !== null) await button(page, opened).click()
    found.push(...(await obstaclesInLooks(page, title)))
    if (opened !== null) await page.keyboard.press('Escape')
  }
  assert.deepEqual(found, [])
})
