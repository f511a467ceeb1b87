import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { deploy, deploymentId } from '../a-deployment.ts'
import { aService } from '../a-service.ts'
import { KEY } from '../a-vm.ts'
import { anImage } from '../an-image.ts'
import { ScriptedHost } from '../scripted/host.ts'

const linux = JSON.parse(
  readFileSync(
    join(import.meta.dirname, '../../../../tests/clients/trusted-launch-vm.json'),
    'utf8',
  ),
)
const vm = "[resourceId('Microsoft.Compute/virtualMachines', parameters('name'))]"

test('a template as Azure’s for a Linux VM with Trusted Launch lets a person in by a key that is also the password', async (t) => {
  const service = await aService(t)
  const given = { adminUsername: 'azureuser', authentication: 'key', passwordOrKey: KEY }
  const parameters = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, { value }]),
  )
  const put = await deploy(service, 'linux', linux, { parameters })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const end = await service.over(put)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { body } = await service.ask(
    'GET',
    `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/tvm`,
  )
  const { linuxConfiguration } = body.properties.osProfile
  assert.equal(linuxConfiguration.disablePasswordAuthentication, true)
  assert.equal(linuxConfiguration.ssh.publicKeys[0].keyData, KEY)
})

test('a template as Azure’s for a Windows VM with Trusted Launch, by a name of the marketplace that is bound to an image', async (t) => {
  const examination = { osType: 'Windows', distribution: null } as const
  const host = new ScriptedHost({ examination, capacity: { noWindows: null, accelerator: 'kvm' } })
  const service = await aService(t, host)
  const { id: image } = await anImage(service)
  const binding = `${service.subscription}/providers/TrustedLaunch/imageBindings/MicrosoftWindowsServer:WindowsServer:2022-datacenter-g2`
  const bound = await service.ask('PUT', binding, { properties: { image: { id: image } } })
  assert.equal(bound.status, 201, JSON.stringify(bound.body))
  const windows = {
    ...linux,
    parameters: {
      ...linux.parameters,
      sku: {
        type: 'string',
        defaultValue: '2022-datacenter-g2',
        allowedValues: ['2022-datacenter-g2'],
      },
    },
    variables: {
      ...linux.variables,
      images: {
        '2022-datacenter-g2': {
          ...{ publisher: 'MicrosoftWindowsServer', offer: 'WindowsServer' },
          ...{ sku: "[parameters('sku')]", version: 'latest' },
        },
      },
    },
    resources: linux.resources.map((one: any) => {
      if (one.type.endsWith('/networkSecurityGroups')) {
        const [rule] = one.properties.securityRules
        const rdp = { ...rule.properties, destinationPortRange: '3389', protocol: 'Tcp' }
        return {
          ...one,
          properties: { securityRules: [{ name: 'default-allow-3389', properties: rdp }] },
        }
      }
      if (one.type.endsWith('/extensions')) {
        const publisher = 'Microsoft.Azure.Security.WindowsAttestation'
        return { ...one, properties: { ...one.properties, publisher } }
      }
      if (!one.type.endsWith('/virtualMachines')) return one
      const { osProfile, storageProfile, ...rest } = one.properties
      const { linuxConfiguration: _, ...os } = osProfile
      const imageReference = "[variables('images')[parameters('sku')]]"
      return {
        ...one,
        properties: {
          ...rest,
          osProfile: os,
          storageProfile: { ...storageProfile, imageReference },
        },
      }
    }),
    outputs: {
      ...linux.outputs,
      machine: { type: 'string', value: `[reference(${vm.slice(1, -1)}).vmId]` },
    },
  }
  const parameters = {
    adminUsername: { value: 'ann' },
    passwordOrKey: { value: 'Sekret-0123-long' },
  }
  const put = await deploy(service, 'windows', windows, { parameters })
  assert.ok(put.status < 300, JSON.stringify(put.body))
  const end = await service.over(put)
  assert.equal(end.status, 'Succeeded', JSON.stringify(end))
  const { properties } = (await service.ask('GET', deploymentId(service, 'windows'))).body
  const made = (
    await service.ask(
      'GET',
      `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines/tvm`,
    )
  ).body
  assert.equal(properties.outputs.machine.value, made.properties.vmId)
  assert.equal(made.properties.storageProfile.osDisk.osType, 'Windows')
  assert.equal(made.properties.securityProfile.securityType, 'TrustedLaunch')
})
