import type { Asked, NewVmRequests } from '@trusted-launch/api'
import { nameIn } from '../../resource-names.ts'
import type { Draft } from './draft.ts'
import { attests, tagsIn } from './new-vm.ts'

/** What a request asks for. @returns it is in the order in which it is sent. */
export function askedOf({ group, network, nic, vm, extension }: NewVmRequests): readonly Asked[] {
  return [group, network, nic, vm, extension].filter((one) => one !== null)
}

/** The same at the command line; the key and what cloud-init is told are files there. */
export function commandOf(draft: Draft): string {
  const { name, group, size, user, image, securityType, secureBoot, vTpm } = draft
  const isTrusted = securityType === 'TrustedLaunch'
  const onOff = (is: boolean) => (is ? 'on' : 'off')
  const key = draft.sshKey.trim()
  const words: (readonly string[] | false)[] = [
    ['--name', name],
    ['--group', group],
    ['--image', image],
    ['--size', size],
    ['--user', user],
    key !== '' && ['--ssh-key', 'key.pub'],
    draft.hasPassword && ['--password'],
    draft.hasCustomData && ['--custom-data', 'custom-data'],
    ['--security-type', securityType],
    isTrusted && ['--secure-boot', onOff(secureBoot)],
    isTrusted && ['--vtpm', onOff(vTpm)],
    attests(draft) && ['--guest-attestation'],
    draft.osDiskGib !== '' && ['--os-disk-size', draft.osDiskGib],
    ...draft.dataDisksGib.map((gib) => ['--data-disk', gib]),
    draft.subnet !== '' && ['--subnet', draft.subnet],
    draft.securityGroup !== '' && ['--security-group', draft.securityGroup],
    ...Object.entries(tagsIn(draft.tags)).map(([tag, value]) => ['--tag', `${tag}=${value}`]),
  ]
  const options = words.filter((one) => one !== false).map((one) => one.map(quoted).join(' '))
  const command = ['npx tl vm create', ...options].join(' \\\n  ')
  return key === '' ? command : `printf '%s\\n' ${quoted(key)} > key.pub\n${command}`
}

/** As a POSIX shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** The same by Azure's client libraries for TypeScript, which have no `properties`. */
export function sdkCodeOf(requests: NewVmRequests, location: string): string {
  const { group, network, nic, vm, extension } = requests
  const at = JSON.stringify(nameIn(group.path))
  const [name, card] = [vm.path, nic.path].map((path) => JSON.stringify(nameIn(path)))
  const { type, ...added } = extension === null ? {} : (flat(extension.body) as any)
  return [
    "import { ComputeManagementClient } from '@azure/arm-compute'",
    "import { NetworkManagementClient } from '@azure/arm-network'",
    "import { ResourceManagementClient } from '@azure/arm-resources'",
    '',
    '// credential, subscriptionId and endpoint are as admin.json or `tl login` say',
    'const resources = new ResourceManagementClient(credential, subscriptionId, { endpoint })',
    'const network = new NetworkManagementClient(credential, subscriptionId, { endpoint })',
    'const compute = new ComputeManagementClient(credential, subscriptionId, { endpoint })',
    '',
    `await resources.resourceGroups.createOrUpdate(${at}, { location: ${JSON.stringify(location)} })`,
    network === null
      ? null
      : `await network.virtualNetworks.createOrUpdate(${at}, ${JSON.stringify(nameIn(network.path))}, ${literal(network.body)})`,
    `await network.networkInterfaces.createOrUpdate(${at}, ${card}, ${literal(nic.body)})`,
    `await compute.virtualMachines.createOrUpdate(${at}, ${name}, ${literal(vm.body)})`,
    extension === null
      ? null
      : `await compute.virtualMachineExtensions.createOrUpdate(${at}, ${name}, 'GuestAttestation', ${literal({ ...added, typePropertiesType: type })})`,
    '',
  ]
    .filter((line) => line !== null)
    .join('\n')
}

function literal(body: object): string {
  return JSON.stringify(flat(body), null, 2).replace(/^(\s*)"([A-Za-z_]\w*)":/gm, '$1$2:')
}

/** What is in `properties` stands beside it. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat)
  if (typeof value !== 'object' || value === null) return value
  const { properties, ...rest } = value as Record<string, unknown>
  const all = { ...rest, ...(properties as object | undefined) }
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, flat(one)]))
}
