import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openService } from '@trusted-launch/service'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import pino from 'pino'
import { Az, hasAz } from './az.ts'

const skip = hasAz ? false : 'az is not here: npm run e2e:az brings it'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test'

test('az, unmodified, finds the service, signs in, and runs a VM through its life', {
  skip,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-az-'))
  const service = await openService({
    ...{
      data: join(folder, 'data'),
      location: 'local',
      publicNames: [],
      driver: new ScriptedHost(),
    },
    ...{ listen: { host: '127.0.0.1', port: 0 }, log: pino({ level: 'silent' }) },
  })
  t.after(async () => {
    await service.close()
    rmSync(folder, { recursive: true })
  })
  const az = new Az(folder, join(folder, 'data/tls/authority.pem'))
  await az.signIn(service)
  const { subscriptionId, tenantId } = service.administrator
  const account = await az.run('account', 'show')
  assert.deepEqual([account.id, account.tenantId], [subscriptionId, tenantId])
  await az.run('group', 'create', '-n', 'rg', '-l', 'local', '--tags', 'a=b')
  assert.deepEqual((await az.run('group', 'list'))[0].tags, { a: 'b' })

  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`
  const put = (id: string, body: object) =>
    az.run(
      'rest',
      '--method',
      'put',
      '--url',
      `${id}?api-version=2025-11-01`,
      '--body',
      az.file('body', JSON.stringify(body)),
    )
  const network = `${group}/providers/Microsoft.Network`
  const nic = `${network}/networkInterfaces/nic`
  const vm = `${group}/providers/Microsoft.Compute/virtualMachines/web`
  await put(`${network}/virtualNetworks/net`, {
    location: 'local',
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'one', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  })
  await put(nic, {
    location: 'local',
    properties: {
      ipConfigurations: [
        {
          name: 'ip',
          properties: { subnet: { id: `${network}/virtualNetworks/net/subnets/one` } },
        },
      ],
    },
  })
  await put(vm, {
    location: 'local',
    properties: {
      hardwareProfile: { vmSize: 'Standard_B1s' },
      storageProfile: {
        imageReference: {
          publisher: 'trusted-launch',
          offer: 'small',
          sku: 'gen2',
          version: 'latest',
        },
        osDisk: { createOption: 'FromImage' },
      },
      osProfile: {
        computerName: 'web',
        adminUsername: 'azureuser',
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: KEY }] },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nic }] },
    },
  })
  await az.run('resource', 'wait', '--ids', vm, '--created')
  const codes = (view: any) => view.instanceView.statuses.map(({ code }: any) => code).slice(0, 2)
  assert.deepEqual(codes(await az.run('vm', 'get-instance-view', '--ids', vm)), [
    'ProvisioningState/succeeded',
    'PowerState/running',
  ])
  await az.run('vm', 'deallocate', '--ids', vm)
  const updated = await az.run(
    'vm',
    'update',
    '--ids',
    vm,
    '--set',
    'securityProfile.uefiSettings.secureBootEnabled=false',
  )
  assert.equal(updated.securityProfile.uefiSettings.secureBootEnabled, false)
  await az.run('vm', 'start', '--ids', vm)
  assert.equal((await az.run('vm', 'list', '-g', 'rg'))[0].name, 'web')
  assert.equal((await az.run('resource', 'list', '-g', 'rg')).length, 4)
  assert.equal(
    (await az.run('vm', 'list-skus', '-l', 'local', '--size', 'Standard_B1s'))[0].name,
    'Standard_B1s',
  )

  await az.run('lock', 'create', '-n', 'keep', '-g', 'rg', '--lock-type', 'CanNotDelete')
  assert.equal(await az.refused('group', 'delete', '-n', 'rg', '--yes'), 'ScopeLocked')
  await az.run('lock', 'delete', '-n', 'keep', '-g', 'rg')
  const activity = await az.run('monitor', 'activity-log', 'list', '-g', 'rg', '--offset', '1h')
  assert.ok(activity.some(({ status }: any) => status.value === 'ScopeLocked'))
  await az.run('vm', 'delete', '--ids', vm, '--yes')
  await az.run('group', 'delete', '-n', 'rg', '--yes')
  assert.deepEqual(await az.run('group', 'list'), [])
})
