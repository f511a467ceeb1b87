import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { encodeReferenceValues, parseReferenceValues } from '@trusted-launch/attestation'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { keysFor } from '../../src/catalogue/secure-boot-templates.ts'
import { READER, SECURITY_ADMIN } from '../../src/identity/role-definitions.ts'
import { DriftedHost } from '../a-drifted-host.ts'
import { firmwareKeysOf, keysOf2011 } from '../a-firmware.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'
import type { Script } from '../scripted/script.ts'

const old = firmwareKeysOf(keysOf2011())
const revocations = keysFor('Linux').dbx.flatMap(({ value }) => value).length

const update = (service: TestService, vm: string, body: object = {}) =>
  service.ask('POST', `${vm}/providers/TrustedLaunch/firmwareKeys/update`, body)
const off = async (service: TestService, vm: string) =>
  service.over(await service.ask('POST', `${vm}/deallocate`))

/** A VM that is off, and what its host calls it. */
async function aVmThatIsOff(t: TestContext, script: Script = { firmwareKeys: old }) {
  const host = new ScriptedHost(script)
  const service = await aService(t, host)
  const { id: vm } = await aVm(service)
  await off(service, vm)
  const [machine] = await host.machines()
  return { host, service, vm, machine: machine! }
}

test('a deallocated VM gets the authorities of 2023 and the revocations, which a dry run tells before; then nothing is left to add', async (t) => {
  const { host, service, vm, machine } = await aVmThatIsOff(t)
  const dry = await update(service, vm, { dryRun: true })
  assert.equal(dry.status, 200)
  const { warning, ...told } = dry.body
  assert.deepEqual(told, {
    has: ['KEK 2011', 'UEFI 2011'],
    adds: { authorities: ['KEK 2023', 'UEFI 2023'], revocations },
    possible: true,
  })
  assert.match(warning, /PCR 7 changes .*BitLocker.* recovery key/)
  assert.equal(host.firmware.size, 0)
  const asked = await update(service, vm)
  assert.equal(asked.status, 202)
  assert.deepEqual(asked.body, dry.body)
  assert.equal((await service.over(asked)).status, 'Succeeded')
  const whole = keysFor('Linux')
  const { KEK, db, dbx } = host.firmware.get(machine)!
  const expected = firmwareKeysOf(whole)
  assert.deepEqual([KEK, db], [expected.KEK, expected.db])
  assert.ok(dbx.length >= expected.dbx.length)
  const { statuses } = (await service.ask('GET', `${vm}/instanceView`)).body
  const notice = statuses.find(({ code }: any) => /KeysUpdated/.test(code))
  assert.match(notice.message, /The keys of its firmware were updated at \d{4}-.* by /)
  const again = await update(service, vm)
  assert.deepEqual(
    [again.status, again.body],
    [
      200,
      {
        has: ['KEK 2011', 'KEK 2023', 'UEFI 2011', 'UEFI 2023'],
        adds: { authorities: [], revocations: 0 },
        possible: true,
      },
    ],
  )
  assert.equal((await service.over(await service.ask('POST', `${vm}/start`))).status, 'Succeeded')
})

test('a VM that is not deallocated, of generation 1, or whose disk would not start is refused, and so is what is not known', async (t) => {
  const { service, vm } = await aVmThatIsOff(t, { firmwareKeys: old, refuses: 'loader' })
  const refused = await update(service, vm)
  const { code, message } = refused.body.error
  assert.deepEqual([refused.status, code], [409, 'OperationNotAllowed'])
  assert.match(message, /revocations forbid the loader on its disk.*update that in the guest first/)
  const dry = await update(service, vm, { dryRun: true })
  assert.deepEqual([dry.status, dry.body.possible], [200, false])
  assert.match(dry.body.why, /forbid the loader/)
  assert.equal((await update(service, vm, { dryrun: true })).status, 400)
  assert.equal((await update(service, vm, { dryRun: 'yes' })).status, 400)
  await service.over(await service.ask('POST', `${vm}/start`))
  for (const body of [{}, { dryRun: true }]) {
    const runs = await update(service, vm, body)
    assert.equal(runs.status, 409)
    assert.match(runs.body.error.message, /VM 'web' .* it is running\. Deallocate the VM first\.$/)
  }
  assert.equal((await update(service, vm.replace(/web$/, 'none'))).status, 404)
})

test('keys of others are theirs to change: nothing of Microsoft’s is added to them', async (t) => {
  const { PK } = keysOf2011()
  const own = firmwareKeysOf({ KEK: [PK], db: [PK], dbx: [] })
  const { host, service, vm } = await aVmThatIsOff(t, { firmwareKeys: own })
  const answer = await update(service, vm)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body.adds, { authorities: [], revocations: 0 })
  assert.equal(host.firmware.size, 0)
})

test('Windows’ keys are followed by Windows’, and what a guest added itself is not added again', async (t) => {
  const { KEK, dbx } = keysFor('Linux')
  const { db } = keysOf2011('Windows')
  const half = firmwareKeysOf({ KEK, db, dbx: dbx.slice(0, 1) })
  const { service, vm } = await aVmThatIsOff(t, { firmwareKeys: half })
  const { has, adds } = (await update(service, vm, { dryRun: true })).body
  assert.deepEqual(has, ['KEK 2011', 'KEK 2023', 'Windows 2011'])
  assert.deepEqual(adds.authorities, ['Windows 2023'])
  assert.ok(adds.revocations < revocations)
})

test('it needs a right of its own, which who answers for security has and a reader has not; it is in the audit', async (t) => {
  const { service, vm } = await aVmThatIsOff(t)
  const reader = await aPrincipal(service, READER.name, service.subscription)
  const path = `${vm}/providers/TrustedLaunch/firmwareKeys/update`
  assert.equal((await reader.ask('POST', path, {})).status, 403)
  const admin = await aPrincipal(service, SECURITY_ADMIN.name, service.subscription)
  const asked = await admin.ask('POST', path, {})
  assert.equal(asked.status, 202)
  await service.over(asked)
  const filter = encodeURIComponent(`eventTimestamp ge '2020-01-01T00:00:00Z'`)
  const events = `${service.subscription}/providers/Microsoft.Insights/eventtypes/management/values?$filter=${filter}`
  const { value } = (await service.ask('GET', events)).body
  const names = value.map(({ operationName }: any) => operationName.value)
  assert.ok(names.includes('TrustedLaunch/firmwareKeys/update/action'), names.join())
})

test('a locked VM stays as it is, and one that was started meanwhile, too', async (t) => {
  const { host, service, vm, machine } = await aVmThatIsOff(t)
  const lock = `${vm}/providers/Microsoft.Authorization/locks/keep`
  await service.ask('PUT', lock, { properties: { level: 'ReadOnly' } })
  assert.equal((await update(service, vm)).body.error.code, 'ScopeLocked')
  await service.ask('DELETE', lock)
  await host.start(machine)
  const end = await service.over(await update(service, vm))
  assert.match(end.error.message, /'web' runs: deallocate it first/)
  assert.equal(host.firmware.size, 0)
})

/** What it foretells of PCR 7 says which variable each event is of, as what is foretold of a real boot does. */
class NamingHost extends DriftedHost {
  override async facts() {
    const facts = await super.facts()
    const { version, variants } = parseReferenceValues(facts.references!)
    const [one] = variants
    const names = [undefined, undefined, 'KEK', 'db', 'dbx']
    const events = one!.pcrs[7]!.events!.map((event, i) => ({
      ...event,
      ...(names[i] !== undefined && { component: 'Secure Boot variables', description: names[i] }),
    }))
    const named = { ...one!, pcrs: { ...one!.pcrs, 7: { ...one!.pcrs[7]!, events } } }
    return { ...facts, references: encodeReferenceValues({ version, variants: [named] }) }
  }
}

test('what was approved for a VM is approved with the new keys, too: what else it says stays', async (t) => {
  const host = new NamingHost()
  host.firmwareKeys = (id) => host.firmware.get(id) ?? old
  const service = await aService(t, host)
  const { id: vm } = await aVm(service)
  host.isDrifted = true
  await service.over(await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`))
  const [drift] = (await service.ask('GET', `${vm}/providers/TrustedLaunch/drift`)).body.value
  const approve = `${vm}/providers/TrustedLaunch/drift/${drift.name}/approve`
  await service.over(await service.ask('POST', approve, { reason: 'a new kernel' }))
  await off(service, vm)
  const end = await service.over(await update(service, vm))
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const list = `${vm}/providers/TrustedLaunch/referenceValues`
  const rows = (await service.ask('GET', list)).body.value.filter(
    ({ name }: any) => name !== 'foretold',
  )
  assert.equal(rows.length, 2)
  const variantOf = async ({ id }: any) => {
    const { body } = await service.ask('GET', `${id}?format=file`)
    return parseReferenceValues(toUtf8(JSON.stringify(body))).variants[0]!
  }
  const variants = await Promise.all(rows.map(variantOf))
  const [keys] = [...host.firmware.values()]
  const wanted = toHex(digest('sha256', keys!.KEK))
  const changed = variants.find(({ variables }) => variables.KEK === wanted)!
  const before = variants.find((one) => one !== changed)!
  assert.equal(changed.name.startsWith(`${before.name}, keys of `), true, changed.name)
  assert.deepEqual({ ...changed.pcrs, 7: null }, { ...before.pcrs, 7: null })
  assert.notDeepEqual(changed.pcrs[7]!.values, before.pcrs[7]!.values)
})
