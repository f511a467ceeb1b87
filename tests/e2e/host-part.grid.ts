/** One VM under the control plane, on a real host: its QEMU started by hand, its vTPM killed, its system changed. */
import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestHex } from '@trusted-launch/crypto'
import { buildSmall, openVtpmKeeper, putIntoEsp, unsignedModule } from '@trusted-launch/host'
import { insideOf } from '../../apps/host/src/networks/programs.ts'
import { OUTPUT_PIPE, Output } from '../../apps/host/src/output.ts'
import { spawnDetached } from '../../apps/host/src/process.ts'
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
/** A system that loads a module of nobody's. */
const HOOK = '#!/bin/busybox sh\ninsmod /lib/modules/dummy.ko\n'

test('a QEMU started by hand, a vTPM that dies and a module that is refused each raise their alert, and the VM has its own vTPM again after a whole start', {
  timeout: 900_000,
}, async (t) => {
  const service = await RealService.open(t)
  const { id, end } = await aVm(service.client)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  await service.client.over(
    await service.client.ask('PUT', `${id}/extensions/GuestAttestation`, EXTENSION),
  )
  const [machine] = await service.host.machines()
  assert.deepEqual([...new Set(await service.verdicts(id))], ['affirming'])
  assert.deepEqual(await service.alerts(), [])

  await service.close()
  await startByHand(service, machine!, ['-gdb', 'unix:debug,server=on,wait=off'])
  await service.open()
  const failed = async (wanted: RegExp) => wanted.test((await service.verdicts(id))[0] ?? '')
  await until(() => failed(/^contraindicated host\.machine$/), 'its arguments are another')
  const [differs] = await alertsOf(service, 'VM_HostConfigurationDiffers')
  assert.deepEqual([differs.severity, differs.status], ['High', 'Active'])
  assert.match(JSON.stringify(differs), /-gdb unix:debug,server=on,wait=off/)

  process.kill(service.recordOf(machine!).run.swtpm.pid, 'SIGKILL')
  await until(async () => (await service.powerOf(id)) === 'VM stopped', 'its vTPM is gone')
  assert.equal(await service.host.power(machine!), 'vtpm-lost')
  assert.equal((await alertsOf(service, 'VM_VtpmLost')).length, 1)
  await sleep(2_000)
  assert.equal(await service.host.power(machine!), 'vtpm-lost', 'nobody starts it')

  const { client } = service
  await client.over(await client.ask('POST', `${id}/deallocate`))
  const unsigned = new Uint8Array(unsignedModule(cacheDirectory))
  const extra = { 'lib/modules/dummy.ko': unsigned }
  const other = await buildSmall({ cacheDirectory, hooks: [Buffer.from(HOOK)], extra })
  await putIntoEsp(
    join(service.folderOf(machine!), 'machine/disk'),
    await filesOn(other.path, ['initrd.img']),
  )
  const started = await client.over(await client.ask('POST', `${id}/start`))
  assert.equal(started.status, 'Succeeded', JSON.stringify(started))
  const [verdict] = await service.verdicts(id)
  assert.match(verdict!, /initrd\.changed/)
  assert.doesNotMatch(verdict!, /vtpm\.|attestation-key\.|host\./, 'its own vTPM, as it was')

  const [module] = await alertsOf(service, 'VM_UntrustedKernelModule')
  const { severity, extendedProperties, supportingEvidence } = module
  assert.deepEqual([severity, extendedProperties.cause], ['Low', 'kernel module dummy'])
  const [{ actual }] = supportingEvidence.findings
  assert.equal(actual, `sha256:${digestHex('sha256', unsigned)}`)
})

async function alertsOf(service: RealService, type: string): Promise<any[]> {
  return (await service.alerts()).filter(({ alertType }) => alertType === type)
}

/** Ends a VM's programs, and starts them as whoever has the host may: QEMU with more arguments, taken for the VM's own. */
async function startByHand(service: RealService, machine: string, more: readonly string[]) {
  const folder = service.folderOf(machine)
  const { run, accounts, ...record } = service.recordOf(machine)
  const network = openSync(`/proc/${run.qemu.pid}/ns/net`, 'r')
  for (const { pid } of [run.qemu, run.swtpm])
    try {
      process.kill(pid, 'SIGKILL')
    } catch {}
  while (existsSync(`/proc/${run.qemu.pid}/cwd`)) await sleep(20)
  const stateDirectory = join(service.data, 'host')
  const keeper = await openVtpmKeeper({
    stateDirectory,
    journalDirectory: join(stateDirectory, 'journal'),
  })
  const place = { vm: machine, folder, account: accounts.swtpm, qemu: accounts.qemu }
  const swtpm = await keeper.start({ ...place, banks: ['sha256'] })
  const sockets = openSync(join(folder, 'sockets'), 'r')
  const output = Output.openPipe(join(folder, OUTPUT_PIPE))
  const { program, directory, arguments: all } = run.asked
  const { stdio: _, ...qemu } = await spawnDetached(program, [...all, ...more], {
    ...{ account: accounts.qemu, cwd: directory, output, umask: 0o177, fds: [sockets] },
    scope: insideOf(`/proc/${process.pid}/fd/${network}`),
  })
  closeSync(network)
  output.close()
  closeSync(sockets)
  const written = { ...record, accounts, run: { ...run, qemu, swtpm } }
  writeFileSync(join(folder, 'machine.json'), JSON.stringify(written))
}
