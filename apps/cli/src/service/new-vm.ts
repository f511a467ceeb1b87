/** What is asked of the control plane, in its order. */
export interface Asked {
  readonly method: 'PUT'
  readonly path: string
  readonly body: Record<string, any>
}

/** A VM as `tl vm create` was told of it. */
export interface NewVm {
  readonly name: string
  readonly location: string
  /** An `imageReference`. */
  readonly image: Readonly<Record<string, string>>
  readonly size: string
  readonly user: string
  readonly sshKey: string
  /** Null: the service decides, as Azure's does. */
  readonly securityType: 'TrustedLaunch' | 'Standard' | null
  readonly secureBoot: boolean | null
  readonly vTpm: boolean | null
  /** Base64, or null. */
  readonly customData: string | null
  /** Certificates in DER. */
  readonly machineOwnerKeys: readonly Uint8Array[]
  /** Whether scripts may be run in it. */
  readonly guestCommands: boolean
}

const NETWORK = 'Microsoft.Network/virtualNetworks'
const NIC = 'Microsoft.Network/networkInterfaces'
export const VM = 'Microsoft.Compute/virtualMachines'
const ONE = 'default'

/** Names that our own images go by alone. */
const OWN_PUBLISHER = 'trusted-launch'
const OWN_SKU = 'gen2'

/** The VM, and what it wants before it, where that is not there yet. @param group its path */
export function requestsFor(group: string, vm: NewVm): Readonly<Record<Part, Asked>> {
  const place = networkFor(group, vm.location, vm.name)
  const properties = propertiesOf(vm, place.nic.path)
  const { location } = vm
  return { ...place, vm: put(`${group}/providers/${VM}/${vm.name}`, { location, properties }) }
}

/** The group, the network and the interface of a VM. */
export function networkFor(group: string, location: string, vmName: string) {
  const at = (type: string, name: string) => `${group}/providers/${type}/${name}`
  const network = at(NETWORK, ONE)
  const nic = at(NIC, `${vmName}-nic`)
  return {
    group: put(group, { location }),
    network: put(network, {
      location,
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: ONE, properties: { addressPrefix: '10.0.0.0/24' } }],
      },
    }),
    nic: put(nic, {
      location,
      properties: {
        ipConfigurations: [
          { name: 'ip', properties: { subnet: { id: `${network}/subnets/${ONE}` } } },
        ],
      },
    }),
  }
}

export type Part = 'group' | 'network' | 'nic' | 'vm'

function put(path: string, body: Record<string, any>): Asked {
  return { method: 'PUT', path, body }
}

/** What was made for the VM alone goes with it. */
function propertiesOf(vm: NewVm, nic: string): Record<string, any> {
  const { name } = vm
  const security = securityProfile(vm)
  return {
    hardwareProfile: { vmSize: vm.size },
    storageProfile: {
      imageReference: vm.image,
      osDisk: { createOption: 'FromImage', deleteOption: 'Delete' },
    },
    osProfile: { computerName: name, ...systemOf(vm) },
    networkProfile: {
      networkInterfaces: [{ id: nic, properties: { primary: true, deleteOption: 'Delete' } }],
    },
    ...(security !== null && { securityProfile: security }),
  }
}

/** What its system is told at its first boot, whatever it is called. */
export function systemOf(vm: Omit<NewVm, 'name'>): Record<string, any> {
  const { user, sshKey, customData, machineOwnerKeys } = vm
  const path = `/home/${user}/.ssh/authorized_keys`
  return {
    adminUsername: user,
    ...(customData !== null && { customData }),
    ...(vm.guestCommands && { allowExtensionOperations: true }),
    ...(machineOwnerKeys.length > 0 && { secrets: [secretsOf(machineOwnerKeys)] }),
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path, keyData: sshKey }] },
    },
  }
}

/** What shim is to trust, where Azure's clients have certificates. */
function secretsOf(certificates: readonly Uint8Array[]): Record<string, any> {
  const urlOf = (der: Uint8Array) =>
    `data:application/pkix-cert;base64,${Buffer.from(der).toString('base64')}`
  return {
    vaultCertificates: certificates.map((der) => ({
      certificateUrl: urlOf(der),
      certificateStore: 'MokList',
    })),
  }
}

/** Only what was asked for; null: nothing was. */
export function securityProfile(
  asked: Pick<NewVm, 'securityType' | 'secureBoot' | 'vTpm'>,
): Record<string, any> | null {
  const { securityType, secureBoot, vTpm } = asked
  const uefiSettings = {
    ...(secureBoot !== null && { secureBootEnabled: secureBoot }),
    ...(vTpm !== null && { vTpmEnabled: vTpm }),
  }
  const profile = {
    ...(securityType !== null && { securityType }),
    ...(Object.keys(uefiSettings).length > 0 && { uefiSettings }),
  }
  return Object.keys(profile).length > 0 ? profile : null
}

/** @throws {Error} neither a name nor `publisher:offer:sku[:version]`. */
export function imageReference(image: string): Record<string, string> {
  const parts = image.split(':')
  if (parts.length === 1)
    return { publisher: OWN_PUBLISHER, offer: image, sku: OWN_SKU, version: 'latest' }
  const [publisher, offer, sku, version = 'latest'] = parts
  if (parts.length > 4 || parts.includes('') || !sku)
    throw new Error(
      `${image} is no image: debian-12, or PUBLISHER:OFFER:SKU[:VERSION]; tl image list shows them`,
    )
  return { publisher: publisher!, offer: offer!, sku, version }
}
