import { nameOf, parseResourceId } from '@trusted-launch/api'

/** One of a VM's disks. */
export interface VmDisk {
  readonly name: string
  /** Null: it is the VM's own. */
  readonly lun: number | null
  readonly sizeGib: number | null
}

/** What is known of a VM's last boot: what the verifier said of it, or why it said nothing. */
export type Integrity =
  | 'healthy'
  | 'warning'
  | 'unhealthy'
  | 'silent'
  | 'not attested'
  | 'failed'
  | '-'

/** A VM as the control plane shows it, in part. */
export interface VmView {
  readonly name: string
  readonly group: string
  readonly location: string
  readonly size: string
  readonly image: string
  readonly provisioning: string
  readonly power: string
  readonly integrity: Integrity
  readonly securityType: string
  readonly secureBoot: boolean
  readonly vTpm: boolean
  readonly disks: readonly VmDisk[]
  readonly vmId: string
  readonly created: string
  readonly tags: Readonly<Record<string, string>>
  readonly user: string | null
  /** `127.0.0.1:PORT` of the host, or null. */
  readonly ssh: string | null
  /** Why it did not come up; null: it did. */
  readonly failure: string | null
  readonly notices: readonly string[]
}

const INTEGRITY = 'TrustedLaunch/Integrity/'
const TOLD_ELSEWHERE =
  /^(?:ProvisioningState|PowerState)\/|^TrustedLaunch\/(?:Ssh$|Integrity\/|NotAttested$)/
const WORDS: Readonly<Record<string, Integrity>> = {
  affirming: 'healthy',
  warning: 'warning',
  contraindicated: 'unhealthy',
  silent: 'silent',
}

export function viewOfVm(vm: any): VmView {
  const { properties: of = {} } = vm
  const statuses: any[] = of.instanceView?.statuses ?? []
  const status = (code: RegExp) => statuses.find((one) => code.test(one.code))
  const uefi = of.securityProfile?.uefiSettings ?? {}
  const power = status(/^PowerState\//)?.code.slice('PowerState/'.length) ?? 'unknown'
  const provisioned = status(/^ProvisioningState\//)
  const failure = provisioned?.level === 'Error' ? String(provisioned.displayStatus) : null
  const isSilent = status(/^TrustedLaunch\/Silent$/) !== undefined
  const tier = status(/^TrustedLaunch\/Integrity\//)?.code.slice(INTEGRITY.length)
  return {
    name: String(vm.name),
    group: parseResourceId(String(vm.id))?.resourceGroup ?? '',
    location: String(vm.location ?? ''),
    size: String(of.hardwareProfile?.vmSize ?? ''),
    image: imageNameOf(of.storageProfile?.imageReference),
    provisioning: String(of.provisioningState ?? ''),
    power,
    integrity: integrityOf(power, failure, isSilent ? 'silent' : tier),
    securityType: String(of.securityProfile?.securityType ?? 'Standard'),
    secureBoot: uefi.secureBootEnabled === true,
    vTpm: uefi.vTpmEnabled === true,
    disks: disksOf(of.storageProfile ?? {}),
    vmId: String(of.vmId ?? ''),
    created: String(of.timeCreated ?? ''),
    tags: vm.tags ?? {},
    user: of.osProfile?.adminUsername ?? null,
    ssh: status(/^TrustedLaunch\/Ssh$/)?.message ?? null,
    failure,
    notices: statuses
      .filter(({ code }) => !TOLD_ELSEWHERE.test(code) || code === 'TrustedLaunch/NotAttested')
      .map(({ displayStatus, message }) => String(message ?? displayStatus)),
  }
}

/** Of a VM that does not run nothing is said: what it boots next nobody knows. */
function integrityOf(power: string, failure: string | null, tier: string | undefined): Integrity {
  if (failure !== null) return 'failed'
  if (power !== 'running') return '-'
  return tier !== undefined && Object.hasOwn(WORDS, tier) ? WORDS[tier]! : 'not attested'
}

/** An `imageReference` as a person calls it. */
export function imageNameOf(reference: any = {}): string {
  const { publisher, offer, sku, version, id } = reference
  const imported = typeof id === 'string' ? parseResourceId(id) : null
  if (imported !== null) return versionName(String(id)) ?? nameOf(imported)
  return [publisher, offer, sku, version].filter(Boolean).join(':')
}

/** A gallery's image as `--image` takes it; null: it is of none. */
function versionName(id: string): string | null {
  const [, gallery, definition, version] =
    /\/galleries\/([^/]+)\/images\/([^/]+)(?:\/versions\/([^/]+))?$/i.exec(id) ?? []
  return gallery === undefined ? null : [gallery, definition, version].filter(Boolean).join('/')
}

function disksOf({ osDisk, dataDisks = [] }: any): VmDisk[] {
  return [osDisk, ...dataDisks]
    .filter((disk) => disk?.name !== undefined || disk?.managedDisk?.id !== undefined)
    .map(({ name, managedDisk, lun = null, diskSizeGB = null }) => {
      const id = parseResourceId(String(managedDisk?.id ?? ''))
      return { name: String(name ?? (id && nameOf(id))), lun, sizeGib: diskSizeGB }
    })
}

/** Whether it is of an image that is known to have an sshd; of others nobody knows. */
export function promisesSsh({ image }: Pick<VmView, 'image'>): boolean {
  return /^trusted-launch:debian-/i.test(image)
}

/** False: it is of an image of ours that has no sshd, `small` or `uki`. */
export function takesSsh({ image }: Pick<VmView, 'image'>): boolean {
  return !/^trusted-launch:(?:small|uki):/i.test(image)
}
