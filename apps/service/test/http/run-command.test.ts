import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ArmError } from '@trusted-launch/api'
import { READER } from '../../src/identity/role-definitions.ts'
import { aPrincipal } from '../a-principal.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm, vmBody } from '../a-vm.ts'
import { ScriptedHost } from '../scripted/host.ts'

const osProfile = { ...vmBody('').properties.osProfile, allowExtensionOperations: true }
const hello = { commandId: 'RunShellScript', script: ['echo hello', 'echo $WHO'] }

async function ran(service: TestService, id: string, body: object) {
  const accepted = await service.ask('POST', `${id}/runCommand`, body)
  assert.equal(accepted.status, 202, JSON.stringify(accepted.body))
  const end = await service.over(accepted)
  const { pathname, search } = new URL(String(accepted.headers.location))
  return { end, path: pathname + search, result: await service.ask('GET', pathname + search) }
}

async function aVmWithCommands(t: TestContext, host = new ScriptedHost()) {
  const service = await aService(t, host)
  return { service, ...(await aVm(service, 'web', { osProfile })) }
}

test('a script runs in a VM that was made for it, with its parameters, and its outputs come back as Azure’s do', async (t) => {
  const asked: any[] = []
  const command = (one: any) => {
    asked.push(one)
    return { exitCode: asked.length === 1 ? 0 : 7, stdout: 'hello\n', stderr: 'oh\n' }
  }
  const { service, id } = await aVmWithCommands(t, new ScriptedHost({ command }))
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.guestCommands, true)
  const parameters = [{ name: 'WHO', value: 'Ann' }]
  const { result } = await ran(service, id, { ...hello, parameters })
  assert.deepEqual(asked, [{ script: 'echo hello\necho $WHO\n', environment: { WHO: 'Ann' } }])
  assert.deepEqual(result.body.value, [
    {
      code: 'ProvisioningState/succeeded',
      level: 'Info',
      displayStatus: 'Provisioning succeeded',
      message: 'Enable succeeded: \n[stdout]\nhello\n\n[stderr]\noh\n',
    },
  ])
  const bad = await ran(service, id, hello)
  assert.equal(bad.end.status, 'Succeeded')
  assert.match(bad.result.body.value[0].message, /^Enable failed: .* exit status=7\n/)
  const { body } = await service.ask('GET', id)
  assert.equal(body.properties.provisioningState, 'Succeeded')
})

test('what a command wrote is told to who ran it alone, and its script is not kept', async (t) => {
  const { service, id } = await aVmWithCommands(t)
  const { end, path } = await ran(service, id, { ...hello, script: ['echo Sekret-0123'] })
  assert.equal(end.properties, undefined)
  const { ask } = await aPrincipal(service, READER.name, service.subscription)
  const other = await ask('GET', path)
  assert.deepEqual([other.status, other.body.error.code], [409, 'OperationNotAllowed'])
  assert.equal((await ask('POST', `${id}/runCommand`, hello)).status, 403)
  const all = await ask('GET', `${service.subscription}/providers/TrustedLaunch/operations`)
  assert.ok(!JSON.stringify(all.body).includes('Sekret'))
})

test('without Azure’s switch at its creation a VM runs no command, and is told why', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const [machine] = await service.host.machines()
  assert.equal(service.host.plan(machine!)!.guestCommands, false)
  const refused = await service.ask('POST', `${id}/runCommand`, hello)
  assert.deepEqual([refused.status, refused.body.error.code], [409, 'OperationNotAllowed'])
  assert.match(refused.body.error.message, /allowExtensionOperations.*attestation agent never/s)
  const later = { properties: { osProfile: { allowExtensionOperations: true } } }
  assert.equal((await service.ask('PATCH', id, later)).body.error.code, 'PropertyChangeNotAllowed')
})

test('a command that cannot be run leaves the VM as it is, and its operation says why', async (t) => {
  const before = (deed: string) => {
    if (deed !== 'runCommand') return
    const message = 'no qemu-guest-agent answers in the guest'
    throw new ArmError({ status: 409, code: 'VMAgentStatusCommunicationError', message })
  }
  const { service, id } = await aVmWithCommands(t, new ScriptedHost({ before }))
  const { end, result } = await ran(service, id, hello)
  assert.deepEqual([end.status, end.error.code], ['Failed', 'VMAgentStatusCommunicationError'])
  assert.equal(result.body.error.code, 'VMAgentStatusCommunicationError')
  assert.equal((await service.ask('GET', id)).body.properties.provisioningState, 'Succeeded')
  await service.over(await service.ask('POST', `${id}/powerOff`))
  const off = await service.ask('POST', `${id}/runCommand`, hello)
  assert.match(off.body.error.message, /requires the VM to be running/)
})

test('what is no command is refused: another document, no script, a variable with no name', async (t) => {
  const { service, id } = await aVmWithCommands(t)
  for (const [body, status, target] of [
    [{ ...hello, commandId: 'RunPowerShellScript' }, 404, 'commandId'],
    [{ commandId: 'RunShellScript' }, 400, 'script'],
    [{ ...hello, script: ['x'.repeat(20_000)] }, 400, 'script'],
    [{ ...hello, parameters: [{ name: 'A B', value: '' }] }, 400, 'parameters'],
  ] as const) {
    const answer = await service.ask('POST', `${id}/runCommand`, body)
    assert.deepEqual([answer.status, answer.body.error.target], [status, target])
  }
  const at = `${service.subscription}/providers/Microsoft.Compute/locations/local/runCommands`
  const { value } = (await service.ask('GET', at)).body
  assert.deepEqual(value, [(await service.ask('GET', `${at}/runshellscript`)).body])
  assert.equal((await service.ask('GET', `${at}/ifconfig`)).status, 404)
})
