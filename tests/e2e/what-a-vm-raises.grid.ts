/** One VM under the control plane, on a real host: it fails, its agent is killed, it boots well again, it loads a module of nobody's. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { digestHex } from '@trusted-launch/crypto'
import { buildSmall, putIntoEsp, unsignedModule } from '@trusted-launch/host'
import { aVm } from '../../apps/service/test/a-vm.ts'
import { RealService, until } from './a-real-service.ts'
import { cacheDirectory } from './machines.ts'
import { filesOn } from './other-kernel.ts'

const EXTENSION = {
  location: 'local',
  properties: {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  },
}
const PLAN = { version: 1, name: 'often', intervalSeconds: 60, silenceSeconds: 60 }
/** Of the assessment of the boot's integrity. */
const STATUS = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
/** Its agent is killed some time after it proved the boot, and nobody starts it again. */
const HOOK = '#!/bin/busybox sh\n(sleep 60; kill -9 $(pidof trusted-launch-agent)) &\n'
const inittab = new URL('../../apps/host/guests/small/inittab', import.meta.url)

test('a failure stays until somebody clears it, whatever boots well after it; a killed agent is silent; a refused module is named', {
  timeout: 1_200_000,
}, async (t) => {
  const service = await RealService.open(t)
  const { client, host } = service
  const { id, end } = await aVm(client)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  await client.over(await client.ask('PUT', `${id}/extensions/GuestAttestation`, EXTENSION))
  const [machine] = await host.machines()
  const disk = join(service.folderOf(machine!), 'machine/disk')
  const assessed = async () => {
    const path = `${id}/providers/Microsoft.Security/assessments/${STATUS}`
    return (await client.ask('GET', path)).body.properties.status.code
  }
  /** Started anew with these files on its disk. */
  const bootWith = async (files: ReadonlyMap<string, Uint8Array>) => {
    await client.over(await client.ask('POST', `${id}/deallocate`))
    await putIntoEsp(disk, files)
    const started = await client.over(await client.ask('POST', `${id}/start`))
    assert.equal(started.status, 'Succeeded', JSON.stringify(started))
    return (await service.verdicts(id))[0]!
  }
  assert.equal((await service.verdicts(id))[0], 'affirming')
  assert.equal(await assessed(), 'Healthy')

  const former = await filesOn(disk, ['initrd.img'])
  const once = readFileSync(inittab, 'utf8').replace(
    /respawn(?=:\/bin\/trusted-launch-agent)/,
    'once',
  )
  const extra = { 'etc/inittab': new Uint8Array(Buffer.from(once)) }
  const other = await buildSmall({ cacheDirectory, hooks: [Buffer.from(HOOK)], extra })
  assert.match(await bootWith(await filesOn(other.path, ['initrd.img'])), /initrd\.changed/)
  const failure = () => alertOf(service, 'VM_GuestAttestationFailure')
  const silence = () => alertOf(service, 'VM_AttestationSilent')
  assert.equal(await standOf(failure()), 'Medium Active true')
  assert.equal((await failure()).extendedProperties.components, 'initrd')

  // From now on alone: a boot may take longer than that.
  const plan = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const put = await client.ask('PUT', plan, { properties: { document: PLAN } })
  assert.equal(put.status, 201, JSON.stringify(put.body))
  const unanswered = async () => {
    const { body } = await client.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
    return body.monitoring.unanswered > 0
  }
  await until(unanswered, 'its agent was killed')
  await until(async () => (await silence())?.status === 'Active', 'it is silent')
  assert.equal(await standOf(silence()), 'Medium Active true')

  assert.ok((await client.ask('DELETE', plan)).status < 300)
  assert.equal(await bootWith(former), 'affirming')
  assert.equal(await standOf(silence()), 'Medium Resolved false')
  assert.equal(await standOf(failure()), 'Medium Active false', 'no boot clears it')
  assert.equal(await assessed(), 'Unhealthy')
  const path = `${client.subscription}/providers/Microsoft.Security/alerts`
  const { value } = (await client.ask('GET', path)).body
  const open = value.find((one: any) => one.properties.status === 'Active')
  const resolved = await client.ask('POST', `${open.id}/resolve`, { reason: 'it was a test' })
  assert.equal(resolved.status, 204)
  assert.equal(await assessed(), 'Healthy')

  const module = new Uint8Array(unsignedModule(cacheDirectory))
  const verdict = await bootWith(new Map([['EFI/extra/modules/dummy.ko', module]]))
  assert.match(verdict, /^warning .*module\.untrusted/)
  const told = await alertOf(service, 'VM_UntrustedKernelModule')
  assert.equal(await standOf(told), 'Low Active true')
  assert.equal(told.extendedProperties.cause, 'kernel module dummy')
  const { fields } = told.supportingEvidence
  const digest = `sha256:${digestHex('sha256', module)}`
  assert.ok(fields.some((field: any) => field.value === digest && field.source === 'measured'))
  assert.ok(fields.some((field: any) => field.name === 'refused' && field.value === 'yes'))
  assert.equal(await standOf(failure()), 'Medium Resolved false')
})

async function alertOf(service: RealService, type: string): Promise<any> {
  return (await service.alerts()).find(({ alertType }) => alertType === type)
}

/** How bad it is, how it stands, and whether the last look showed it. */
async function standOf(alert: Promise<any> | any): Promise<string> {
  const { severity, status, extendedProperties } = await alert
  return [severity, status, extendedProperties.isPresent].join(' ')
}
