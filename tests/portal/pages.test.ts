// Every page, in both themes and on a narrow screen: nothing fails in it, and nothing keeps people from using it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { READER } from '../../apps/service/src/identity/role-definitions.ts'
import { aPrincipal } from '../../apps/service/test/a-principal.ts'
import { aFleet } from './a-fleet.ts'
import { aPortal, portalMissing } from './a-portal.ts'
import { obstaclesIn } from './axe.ts'
import { LOOKS, lookOf, shoot } from './looks.ts'

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

test('no page has anything in it that fails or keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const host = new DriftedHost()
  const portal = await aPortal(t, host)
  const { web: id } = await aFleet(portal.service, host)
  const found: string[] = []
  for (const look of LOOKS) {
    const { name } = look
    const { page: stranger } = await portal.window(t, lookOf(look))
    await stranger.goto(`${portal.service.service.endpoint}/portal/`)
    await stranger.getByRole('link', { name: 'Sign in with a name of this installation' }).waitFor()
    for (const each of await obstaclesIn(stranger)) found.push(`${name} sign-in: ${each}`)
    await shoot(stranger, `sign-in-${name}`)
    const { page } = await portal.open(t, '/', lookOf(look))
    const machine = `/virtual-machine/${encodeURIComponent(id.slice(1))}`
    const pages = [...PAGES, [`${machine}/overview`, 'web'], [`${machine}/json`, 'web']] as const
    for (const [path, title] of pages) {
      await page.goto(`${portal.service.service.endpoint}/portal${path}`)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await page.getByText('Loading …').first().waitFor({ state: 'detached' })
      for (const each of await obstaclesIn(page)) found.push(`${name} ${path}: ${each}`)
      const file = `${path.replace(machine, '/machine').slice(1).replaceAll(/[/?=]/g, '-') || 'overview'}-${name}`
      await shoot(page, `${file}`)
    }
  }
  assert.deepEqual(found, [])
})

test('who may only read a subscription is refused no page but what is the installation’s own', {
  skip: portalMissing,
}, async (t) => {
  const portal = await aPortal(t)
  const { ask } = await aPrincipal(portal.service, READER.name, portal.service.subscription)
  const { page, faults } = await portal.open(t, '/', {}, ask)
  const refused = new Set<string>()
  for (const [path, title] of PAGES) {
    await page.goto(`${portal.service.service.endpoint}/portal${path}`)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    for (const fault of faults.splice(0)) refused.add(`${path}: ${/status of \d+/.exec(fault)}`)
  }
  assert.deepEqual([...refused], ['/access?part=principals: status of 403', '/host: status of 403'])
})
