// Somebody's disk becomes an image in the browser.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { aSharedPortal, portalMissing } from './a-portal.ts'

const MIB = 1 << 20
const rows = [{ what: 'IMA', state: 'cannot tell', reason: 'None.', advice: null }] as const
const portal = await aSharedPortal(new ScriptedHost({ examination: { rows } }))

test('a file is sent in pieces, looked at, and told about; and an address of a host that is not allowed is refused', {
  skip: portalMissing,
}, async (t) => {
  const { page, faults } = await portal.open(t, '/images')
  await page.getByRole('button', { name: 'Import an image' }).click()
  await page.getByLabel('Name').fill('mine')
  await page.getByRole('radio', { name: /An address/ }).check()
  await page.getByLabel('Address', { exact: false }).last().fill('https://example.org/disk.raw')
  const take = page.getByRole('button', { name: 'Import an image' })
  await take.click()
  await page.getByText(/Nothing is fetched from https:\/\/example\.org/).waitFor()
  assert.match(
    faults.splice(0).join(),
    /^Failed to load resource: .* 400 \(Bad Request\) https:\S+$/,
  )
  await page.getByRole('radio', { name: /A file of this machine/ }).check()
  const pieces: number[] = []
  page.on('request', (one) => {
    if (one.url().includes('/uploads/')) pieces.push(Number(/offset=(\d+)/.exec(one.url())![1]))
  })
  // What is zeros alone is not sent.
  const disk = join(mkdtempSync(join(tmpdir(), 'tl-import-')), 'disk.raw')
  t.after(() => rmSync(dirname(disk), { recursive: true }))
  writeFileSync(disk, Buffer.alloc(13 * MIB).fill(1, 9 * MIB, 9 * MIB + 1))
  await page.getByLabel('Disk image').setInputFiles(disk)
  await take.click()
  await page.getByText('mine is an image now.').waitFor()
  await page.getByRole('cell', { name: 'Cannot be told' }).waitFor()
  await page.getByText('TrustedLaunchSupported').waitFor()
  assert.deepEqual(pieces, [0, 8 * MIB, 12 * MIB])
  const image = `${portal.service.group('default')}/providers/Microsoft.Compute/images/mine`
  assert.equal(
    (await portal.service.ask('GET', image)).body.properties.provisioningState,
    'Succeeded',
  )
})
