// Every page, in both themes and on a narrow screen: nothing fails in it, and nothing keeps people from using it.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { READER } from '../../apps/service/src/identity/role-definitions.ts'
import { aPrincipal } from '../../apps/service/test/a-principal.ts'
import { aFleet } from './a-fleet.ts'
import { aPortal, portalMissing } from './a-portal.ts'
import { obstaclesIn } from './axe.ts'

/** Where screenshots go; none are made otherwise. */
const shots = process.env.PORTAL_SHOTS
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
const LOOKS = [
  { name: 'light', width: 1280, theme: 'light' },
  { name: 'dark', width: 1280, theme: 'dark' },
  { name: 'narrow', width: 390, theme: 'light' },
] as const

test('no page has anything in it that fails or keeps people from using it', {
  skip: portalMissing,
}, async (t) => {
  const host = new DriftedHost()
  const portal = await aPortal(t, host)
  const { web: id } = await aFleet(portal.service, host)
  const found: string[] = []
  for (const { name, width, theme } of LOOKS) {
    const { page } = await portal.open(t, '/', {
      viewport: { width, height: 800 },
      colorScheme: theme,
    })
    const machine = `/virtual-machine/${encodeURIComponent(id.slice(1))}`
    const pages = [...PAGES, [`${machine}/overview`, 'web'], [`${machine}/json`, 'web']] as const
    for (const [path, title] of pages) {
      await page.goto(`${portal.service.service.endpoint}/portal${path}`)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await page.getByText('Loading …').first().waitFor({ state: 'detached' })
      for (const each of await obstaclesIn(page)) found.push(`${name} ${path}: ${each}`)
      if (shots === undefined) continue
      mkdirSync(shots, { recursive: true })
      const file = `${path.replace(machine, '/machine').slice(1).replaceAll(/[/?=]/g, '-') || 'overview'}-${name}`
      await page.screenshot({ path: `${shots}/${file}.png` })
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
