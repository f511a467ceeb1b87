// Every page, in both themes and on a narrow screen: nothing fails in it, and nothing keeps people from using it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import type { Page } from 'playwright-core'
import { READER } from '../../apps/service/src/identity/role-definitions.ts'
import { aPrincipal } from '../../apps/service/test/a-principal.ts'
import { aFleet } from './a-fleet.ts'
import { aSharedPortal, goTo, portalMissing } from './a-portal.ts'
import { obstaclesInLooks } from './looks.ts'

const PAGES: readonly (readonly [string, string])[] = [
  ['/', 'Overview'],
  ['/virtual-machines', 'Virtual machines'],
  ['/images/import', 'Import an image'],
  ['/recommendations', 'Recommendations'],
  ['/exemptions', 'Exemptions'],
  ['/alerts', 'Alerts'],
  ['/suppression-rules', 'Suppression rules'],
  ['/policies', 'Policies and plans'],
  ['/policies?part=policies', 'Policies and plans'],
  ['/access', 'Access control'],
  ['/access?part=roles', 'Access control'],
  ['/access?part=principals', 'Access control'],
  ['/audit', 'Audit'],
  ['/operations', 'Operations'],
  ['/host', 'Host'],
]

const host = new DriftedHost()
const portal = await aSharedPortal(host)

/** Follows a link to a page, until all of it is there. */
async function see(page: Page, path: string, title: string): Promise<void> {
  await goTo(page, path)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
  await page.getByText('Loading …').first().waitFor({ state: 'detached' })
}

test('a portal that nobody signed in to asks for it, and nothing of that keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const { page } = await portal.window(t)
  await page.goto(`${portal.service.service.endpoint}/`)
  const link = page.getByRole('link', { name: 'Sign in with a name of this installation' })
  await link.waitFor()
  assert.deepEqual(await obstaclesInLooks(page, 'sign-in'), [])
  await link.click()
  await page.getByLabel('Name').waitFor()
  assert.match(page.url(), /\/signin\//)
})

test('no page has anything in it that fails or keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const { web: id } = await aFleet(portal.service, host)
  const { page } = await portal.open(t, '/')
  const machine = `/virtual-machine/${encodeURIComponent(id.slice(1))}`
  const found: string[] = []
  for (const [path, title] of [...PAGES, [`${machine}/json`, 'web'] as const]) {
    await see(page, path, title)
    const file = path.replace(machine, '/machine').slice(1).replaceAll(/[/?=]/g, '-') || 'overview'
    found.push(...(await obstaclesInLooks(page, file)))
  }
  assert.deepEqual(found, [])
})

test('who may only read a subscription is refused no page but what is the installation’s own', {
  skip: portalMissing,
}, async (t) => {
  const { ask } = await aPrincipal(portal.service, READER.name, portal.service.subscription)
  const { page, faults } = await portal.open(t, '/', ask)
  const refused = new Set<string>()
  for (const [path, title] of PAGES) {
    await see(page, path, title)
    for (const fault of faults.splice(0)) refused.add(`${path}: ${/status of \d+/.exec(fault)}`)
  }
  assert.deepEqual([...refused], ['/access?part=principals: status of 403', '/host: status of 403'])
})
