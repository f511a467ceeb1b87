/** What is asked of the control plane. */
export interface Asked {
  readonly method: 'PUT'
  readonly path: string
  readonly body: Record<string, any>
}

/** A VM as somebody told of it. */
export interface NewVm {
  readonly name: string
  readonly location: string
  /** An `imageReference`. */
  readonly image: Readonly<Record<string, string>>
  /** Of the image; absent: Linux. */
  readonly osType?: 'Linux' | 'Windows'
  readonly size: string
  readonly user: string
  /** A line of an `authorized_keys` file; null: its administrator has a password alone. */
  readonly sshKey: string | null
  readonly password?: string
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
  readonly tags?: Readonly<Record<string, string>>
  /** Absent: as large as the image is. */
  readonly osDiskGib?: number
  /** Empty disks beside it. */
  readonly dataDisksGib?: readonly number[]
  /** The id of one that is there; absent: that of the group's own network, which is made where it is not there. */
  readonly subnet?: string
  /** The id of one that is there. */
  readonly securityGroup?: string
  /** Whether the extension is put onto it that has it attested. */
  readonly guestAttestation?: boolean
}

/** A name that a VM's system can go by, too. */
export function isVmName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/i.test(name)
}

/** In the order in which they are asked for. Null: it is not wanted, or somebody's already. */
export interface NewVmRequests {
  readonly group: Asked
  readonly network: Asked | null
  readonly nic: Asked
  readonly vm: Asked
  readonly extension: Asked | null
}

const NETWORK = 'Microsoft.Network/virtualNetworks'
const NIC = 'Microsoft.Network/networkInterfaces'
const VM = 'Microsoft.Compute/virtualMachines'
const ONE = 'default'

/** The VM, and what it wants before and after it, where that is not there yet. @param group its path */
export function requestsFor(group: string, vm: NewVm): NewVmRequests {
  const { location, tags, subnet } = vm
  const place = networkFor(group, location, vm.name, vm)
  const path = `${group}/providers/${VM}/${vm.name}`
  const properties = propertiesOf(vm, place.nic.path)
  return {
    ...place,
    network: subnet === undefined ? place.network : null,
    vm: put(path, { location, ...(tags !== undefined && { tags }), properties }),
    extension: vm.guestAttestation === true ? extensionOf(path, vm) : null,
  }
}

/** The group, the network and the interface of a VM. */
export function networkFor(
  group: string,
  location: string,
  vmName: string,
  given: Pick<NewVm, 'subnet' | 'securityGroup'> = {},
) {
  const at = (type: string, name: string) => `${group}/providers/${type}/${name}`
  const network = at(NETWORK, ONE)
  const nic = at(NIC, `${vmName}-nic`)
  const { subnet = `${network}/subnets/${ONE}`, securityGroup: id } = given
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
        ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnet } } }],
        ...(id !== undefined && { networkSecurityGroup: { id } }),
      },
    }),
  }
}

function put(path: string, body: Record<string, any>): Asked {
  return { method: 'PUT', path, body }
}

/** What was made for the VM alone goes with it. */
function propertiesOf(vm: NewVm, nic: string): Record<string, any> {
  const { name, osDiskGib: diskSizeGB, dataDisksGib = [] } = vm
  const security = securityProfile(vm)
  return {
    hardwareProfile: { vmSize: vm.size },
    storageProfile: {
      imageReference: vm.image,
      osDisk: {
        ...{ createOption: 'FromImage', deleteOption: 'Delete' },
        ...(diskSizeGB !== undefined && { diskSizeGB }),
      },
      ...(dataDisksGib.length > 0 && { dataDisks: dataDisksGib.map(emptyDisk) }),
    },
    osProfile: { computerName: name, ...systemOf(vm) },
    networkProfile: {
      networkInterfaces: [{ id: nic, properties: { primary: true, deleteOption: 'Delete' } }],
    },
    ...(security !== null && { securityProfile: security }),
  }
}

function emptyDisk(diskSizeGB: number, lun: number): Record<string, any> {
  return { lun, createOption: 'Empty', deleteOption: 'Delete', diskSizeGB }
}

/** What its system is told at its first boot, whatever it is called. */
export function systemOf(vm: Omit<NewVm, 'name'>): Record<string, any> {
  const { user, password, customData, machineOwnerKeys } = vm
  return {
    adminUsername: user,
    ...(password !== undefined && { adminPassword: password }),
    ...(customData !== null && { customData }),
    ...(vm.guestCommands && { allowExtensionOperations: true }),
    ...(machineOwnerKeys.length > 0 && { secrets: [secretsOf(machineOwnerKeys)] }),
    ...(vm.osType !== 'Windows' && { linuxConfiguration: loginOf(vm) }),
  }
}

function loginOf({ user, sshKey, password }: Omit<NewVm, 'name'>): Record<string, any> {
  const path = `/home/${user}/.ssh/authorized_keys`
  return {
    disablePasswordAuthentication: password === undefined,
    ...(sshKey !== null && { ssh: { publicKeys: [{ path, keyData: sshKey }] } }),
  }
}

/** What shim is to trust, where Azure's clients have certificates. */
function secretsOf(certificates: readonly Uint8Array[]): Record<string, any> {
  const urlOf = (der: Uint8Array) =>
    `data:application/pkix-cert;base64,${btoa(Array.from(der, (byte) => String.fromCharCode(byte)).join(''))}`
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

/** Guest attestation, by the name of Azure's publisher. */
function extensionOf(vm: string, { location, osType = 'Linux' }: NewVm): Asked {
  return put(`${vm}/extensions/GuestAttestation`, {
    location,
    properties: {
      publisher: `Microsoft.Azure.Security.${osType}Attestation`,
      ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0', autoUpgradeMinorVersion: true },
    },
  })
}
