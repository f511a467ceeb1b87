import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import { aVm } from '@trusted-launch/service/a-vm'
import { scroll } from '../../bench/portal-page.ts'
import { aSharedPortal, goTo, portalMissing } from './a-portal.ts'

/** Later than what is told of a VM's power, and gathered. */
const EVIDENCE_MS = 2_500

class SlowHost extends DriftedHost {
  override async collectEvidence(...asked: Parameters<DriftedHost['collectEvidence']>) {
    await sleep(EVIDENCE_MS)
    return super.collectEvidence(...asked)
  }
}

const portal = await aSharedPortal(new SlowHost())

test('virtual machines are listed, filtered by what the address says, and opened', {
  skip: portalMissing,
}, async (t) => {
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

test('of a list that is open, what changes is asked for alone, what is new comes with its verdict once there is one, and what is deleted goes', {
  skip: portalMissing,
}, async (t) => {
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
  await row('cache').getByText('Healthy').waitFor()
  assert.ok(asked.length >= 3 && !asked.includes('all'), asked.join(' '))
})

const MANY = 10_000
const FRAMES = 10

test('of 10,000 machines those in sight are there, and scrolling neither sorts nor counts them anew', {
  skip: portalMissing,
}, async (t) => {
  await aVm(portal.service, 'first')
  const { page } = await portal.open(t, '/host')
  await page.route('**/fleet?*', async (route) => {
    const { pathname, search } = new URL(route.request().url())
    const { body } = await portal.service.ask('GET', pathname + search)
    const [row] = body.value
    // In no order.
    const name = (i: number) => `web-${(i * 7919) % MANY}`
    const copy = (_: unknown, i: number) => ({ ...row, id: `${row.id}-${i}`, name: name(i) })
    await route.fulfill({ json: { value: Array.from({ length: MANY }, copy) } })
  })
  await goTo(page, '/virtual-machines')
  await page.getByText(`${MANY} in all`).waitFor()
  await page.evaluate(countWork)
  await page.getByRole('button', { name: 'Name', exact: true }).click()
  await page.getByRole('link', { name: 'web-0', exact: true }).waitFor()
  assert.ok((await page.evaluate<number>('work')) > MANY)
  await page.evaluate('work = 0')
  await page.evaluate(scroll, { frames: FRAMES, stepPx: 1_200 })
  await page.getByRole('link', { name: 'web-300', exact: true }).waitFor()
  assert.ok((await page.getByRole('row').count()) < 100)
  const work: number = await page.evaluate('work')
  assert.ok(work < FRAMES * 1_000, `${work} in ${FRAMES} frames`)
})

/** In the page: how often two texts are compared, and something is looked for in a set. */
function countWork() {
  const scope = globalThis as any
  scope.work = 0
  for (const [of, name, kind] of [
    [Intl.Collator.prototype, 'compare', 'get'],
    [Set.prototype, 'has', 'value'],
  ] as const) {
    const before: any = Object.getOwnPropertyDescriptor(of, name)
    const counted = function (this: unknown, ...given: unknown[]) {
      scope.work++
      return before[kind].apply(this, given)
    }
    Object.defineProperty(of, name, { ...before, [kind]: counted })
  }
}
