import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deploy, deploymentId, networkResources, vmResource } from '../a-deployment.ts'
import { ServiceProcess } from '../a-process.ts'

const VMS = 8

test('a deployment goes on after kill -9, wherever it was, and makes each of its VMs once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tl-deploy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [data, host] = [join(folder, 'data'), join(folder, 'host')]
  let process = await ServiceProcess.start(t, data, host)
  const [, net] = networkResources()
  const copy = { name: 'nics', count: VMS }
  const nic = { ...networkResources()[0], name: "[concat('nic', copyIndex())]", copy }
  const vm = vmResource("[concat('vm', copyIndex())]", 'x', {
    networkProfile: {
      networkInterfaces: [
        { id: "[resourceId('Microsoft.Network/networkInterfaces', concat('nic', copyIndex()))]" },
      ],
    },
    osProfile: {
      computerName: 'web',
      adminUsername: 'azureuser',
      adminPassword: "[parameters('password')]",
    },
  })
  const whole = {
    parameters: { password: { type: 'securestring' } },
    resources: [net, nic, { ...vm, dependsOn: ['nics'], copy: { name: 'vms', count: VMS } }],
  }
  const given = { parameters: { password: { value: 'Hidden-Pass-1234' } } }
  const first = await deploy(process.client(), 'many', whole, given)
  assert.equal(first.status, 201, JSON.stringify(first.body))
  const done = async () => {
    const service = process.client()
    const { value } = (await service.ask('GET', `${deploymentId(service, 'many')}/operations`)).body
    return value.filter((one: any) => one.properties.provisioningState === 'Succeeded').length
  }
  for (const count of [2, 10, 14]) {
    while ((await done()) < count) await new Promise((resolve) => setTimeout(resolve, 10))
    await process.end('SIGKILL')
    process = await ServiceProcess.start(t, data, host)
  }
  const service = process.client()
  const id = deploymentId(service, 'many')
  for (;;) {
    const { provisioningState } = (await service.ask('GET', id)).body.properties
    if (provisioningState !== 'Running') break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { properties } = (await service.ask('GET', id)).body
  assert.equal(properties.provisioningState, 'Succeeded', JSON.stringify(properties.error))
  const vms = `${service.group('rg')}/providers/Microsoft.Compute/virtualMachines`
  const { value } = (await service.ask('GET', vms)).body
  assert.equal(value.length, VMS)
  for (const one of value) assert.equal(one.properties.provisioningState, 'Succeeded')
  assert.equal(readdirSync(join(host, 'machines')).length, VMS)
  assert.equal(await done(), 2 * VMS + 1)
})
