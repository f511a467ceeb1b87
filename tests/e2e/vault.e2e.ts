import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { guestProgram } from '@trusted-launch/agent/test-programs'
import { buildSmall, type Machine, openHost } from '@trusted-launch/host'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const root = join(import.meta.dirname, '../..')
const cacheDirectory = join(root, '.cache')
const BOOT_MS = 180_000
/** Where the guest tries to write: a byte of the variable store that nobody uses. */
const FLASH_OFFSET = 0x1000

/** What the guest's programs said, in all boots so far. */
function said(machine: Machine, program: string): string[] {
  const lines = machine.consoleTail().split(/\r?\n/)
  return lines.filter((line) => line.startsWith(`${program}: `))
}

async function lastWords(machine: Machine, program: string): Promise<string> {
  await machine.waitForAgent(BOOT_MS)
  return said(machine, program).at(-1) ?? ''
}

test('a secret sealed to PCR 4 and 7 outlives reboot, stop and manager, not Secure Boot', async (t) => {
  const stateDirectory = mkdtempSync(join(tmpdir(), 'vault-'))
  let host = await openHost({ stateDirectory })
  t.after(async () => {
    for (const each of host.machines()) await each.delete()
    await host.close()
    rmSync(stateDirectory, { recursive: true, force: true })
  })
  const hooks = [await guestProgram('vault'), await guestProgram('flash-write')]
  const { path } = await buildSmall({ cacheDirectory, hooks })
  const template = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
  let machine = await host.create({
    id: 'vault',
    name: 'vault',
    memoryMiB: 512,
    vcpus: 1,
    disk: { path, format: 'raw' },
    secureBoot: true,
    signatures: parseSecureBootTemplate(JSON.parse(readFileSync(template, 'utf8'))),
    vtpm: { banks: ['sha256'] },
  })

  await machine.start()
  const sealed = /^vault: sealed ([0-9a-f]{64})$/.exec(await lastWords(machine, 'vault'))
  assert.ok(sealed, machine.consoleTail(2000))
  const opened = `vault: opened ${sealed[1]}`
  assert.match(await lastWords(machine, 'flash-write'), /^flash-write: refused: /)
  const { sleepStates } = await machine.waitForAgent(BOOT_MS)
  assert.doesNotMatch(sleepStates, /deep|disk/, 'no S3, no S4')

  await machine.reset()
  assert.equal(await lastWords(machine, 'vault'), opened, 'after a reboot')
  assert.equal(said(machine, 'vault').length, 2)

  await machine.stop()
  await host.close()
  host = await openHost({ stateDirectory })
  machine = host.machine('vault')
  await machine.start()
  assert.equal(await lastWords(machine, 'vault'), opened, 'after a stop, by another manager')

  await machine.stop()
  await machine.setSecureBoot(false)
  const before = (await machine.readVariables())[FLASH_OFFSET]
  await machine.start()
  assert.match(await lastWords(machine, 'vault'), /^vault: refused TPM_RC_POLICY_FAIL/)
  const tried = /before (\w\w), after (\w\w)$/.exec(await lastWords(machine, 'flash-write'))
  assert.ok(tried, 'without Secure Boot the guest can try')
  assert.equal(tried[2], tried[1], 'the store is written by the firmware only')
  assert.equal((await machine.readVariables())[FLASH_OFFSET], before)
})
