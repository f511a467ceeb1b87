import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasAz, signedIn } from './az.ts'

const skip = hasAz ? false : 'az is not here: npm run e2e:az brings it'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f test'
const IN = ['-g', 'rg']

test('az makes Trusted Launch scale sets of both kinds, scales, tags and deletes them, and one of them behind a load balancer', {
  skip,
}, async (t) => {
  const az = await signedIn(t)
  const vmss = (verb: string, ...given: string[]) => az.run('vmss', verb, ...IN, ...given)
  const model = [
    ...['--image', 'trusted-launch:small:gen2:latest', '--vm-sku', 'Standard_B1s'],
    ...['--admin-username', 'azureuser', '--ssh-key-values', az.file('key', KEY).slice(1)],
    ...['--security-type', 'TrustedLaunch', '--enable-secure-boot', 'true'],
    ...['--enable-vtpm', 'true'],
  ]
  const create = (name: string, mode: string, ...given: string[]) =>
    vmss('create', '-n', name, '--orchestration-mode', mode, ...model, ...given)
  const life = async (mode: string) => {
    const of = ['-n', mode.toLowerCase()]
    const made = await create(of[1]!, mode, '--load-balancer', '')
    assert.equal(made.vmss.provisioningState, 'Succeeded')
    const { sku } = await vmss('scale', ...of, '--new-capacity', '3')
    assert.equal(sku.capacity, 3)
    const changed = await vmss('update', ...of, '--set', 'tags.trusted-launch-upgrade=allow')
    assert.deepEqual(changed.tags, { 'trusted-launch-upgrade': 'allow' })
    const shown = (await vmss('show', ...of)).virtualMachineProfile
    assert.equal(shown.securityProfile.securityType, 'TrustedLaunch')
    assert.deepEqual(
      shown.extensionProfile.extensions.map(({ name }: any) => name),
      ['GuestAttestation'],
    )
    const instances = await vmss('list-instances', ...of)
    assert.deepEqual(
      instances.map(({ latestModelApplied }: any) => latestModelApplied),
      [true, true, true],
    )
    await vmss('delete', ...of)
  }
  const balanced = async () => {
    const { vmss: made } = await create('balanced', 'Uniform')
    assert.equal(made.provisioningState, 'Succeeded')
    const lb = await az.run('network', 'lb', 'show', ...IN, '-n', 'balancedLB')
    assert.equal(lb.inboundNatRules.length, 2)
    await vmss('delete', '-n', 'balanced')
  }
  await Promise.all([life('Uniform'), life('Flexible'), balanced()])
  assert.deepEqual(await vmss('list'), [])
})

test('az makes galleries, definitions and disks, and lists alerts and assessments', {
  skip,
}, async (t) => {
  const az = await signedIn(t)
  const disk = (verb: string, ...given: string[]) => az.run('disk', verb, ...IN, ...given)
  const disks = async () => {
    assert.equal((await disk('create', '-n', 'one', '--size-gb', '4')).diskState, 'Unattached')
    const copy = await disk('create', '-n', 'two', '--source', 'one')
    assert.equal(copy.provisioningState, 'Succeeded')
    assert.equal((await disk('update', '-n', 'one', '--size-gb', '8')).diskSizeGb, 8)
    await disk('delete', '-n', 'two', '--yes')
    assert.deepEqual(
      (await disk('list')).map(({ name, diskSizeGb }: any) => [name, diskSizeGb]),
      [['one', 8]],
    )
  }
  const galleries = async () => {
    const of = [...IN, '-r', 'ours']
    await az.run('sig', 'create', ...of)
    assert.equal((await az.run('sig', 'show', ...of)).provisioningState, 'Succeeded')
    const names = ['-p', 'me', '-f', 'web', '-s', 'gen2']
    const kind = ['--os-type', 'Linux', '--os-state', 'Generalized', '--hyper-v-generation', 'V2']
    const features = ['--features', 'SecurityType=TrustedLaunch']
    const image = (verb: string, ...given: string[]) =>
      az.run('sig', 'image-definition', verb, ...of, ...given)
    await image('create', '-i', 'web', ...names, ...kind, ...features)
    const { features: kept } = await image('show', '-i', 'web')
    assert.deepEqual(kept, [{ name: 'SecurityType', value: 'TrustedLaunch' }])
    assert.equal((await image('list')).length, 1)
    assert.deepEqual(await az.run('sig', 'image-version', 'list', ...of, '-i', 'web'), [])
  }
  const security = async () => {
    assert.deepEqual(await az.run('security', 'alert', 'list'), [])
    assert.deepEqual(await az.run('security', 'assessment', 'list'), [])
  }
  await Promise.all([disks(), galleries(), security()])
})
