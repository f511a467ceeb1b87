import assert from 'node:assert/strict'
import type { DriftedHost } from '@trusted-launch/service/a-drifted-host'
import type { TestService } from '@trusted-launch/service/a-service'
import { aVm } from '@trusted-launch/service/a-vm'
import { aDefinition, aVersion } from '../../apps/service/test/a-gallery.ts'
import { aScaleSet } from '../../apps/service/test/http/a-scale-set.ts'

/** The ids of what a fleet to look at has that pages are opened for. */
export interface Fleet {
  /** It proved its boot. */
  readonly web: string
  /** Its kernel is another than before. */
  readonly db: string
}

/** Something of each kind to look at: VMs in several states, a scale set, a disk, a version of an image, alerts. */
export async function aFleet(service: TestService, host: DriftedHost): Promise<Fleet> {
  const made = { web: (await aVm(service, 'web')).id, db: (await aVm(service, 'db')).id }
  const standard = { securityProfile: { securityType: 'Standard' } }
  const { id: old } = await aVm(service, 'old', standard)
  await service.over(await service.ask('POST', `${old}/deallocate`))
  await aScaleSet(service, 2)
  const spare = `${service.group('rg')}/providers/Microsoft.Compute/disks/spare`
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: 4 }
  const put = await service.ask('PUT', spare, { location: 'local', properties })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  await aVersion(service, await aDefinition(service, 'TrustedLaunchSupported'), '1.0.0')
  host.isDrifted = true
  const attest = `${made.db}/providers/TrustedLaunch/evidence/attest`
  await service.over(await service.ask('POST', attest))
  host.isDrifted = false
  const alerts = `${service.subscription}/providers/Microsoft.Security/locations/local/alerts`
  const sample = { kind: 'Bundles', bundles: ['VirtualMachines'] }
  await service.ask('POST', `${alerts}/default/simulate`, { properties: sample })
  return made
}
