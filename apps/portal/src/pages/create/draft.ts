/** What somebody has told so far of the VM that they want. Secrets are never part of it: it is kept in the browser. */
export interface Draft {
  readonly name: string
  /** Of a resource group that is there, or is made. */
  readonly group: string
  /** `publisher:offer:sku:version`, or an id; empty: none is chosen. */
  readonly image: string
  readonly size: string
  readonly user: string
  readonly sshKey: string
  readonly hasPassword: boolean
  /** Something for cloud-init was given: it is asked for again after a reload. */
  readonly hasCustomData: boolean
  /** A line for each: `name=value`. */
  readonly tags: string
  /** Empty: as large as the image is. */
  readonly osDiskGib: string
  readonly dataDisksGib: readonly string[]
  /** An id; empty: the group's own network, made where it is not there. */
  readonly subnet: string
  /** An id; empty: none. */
  readonly securityGroup: string
  readonly securityType: 'TrustedLaunch' | 'Standard'
  readonly secureBoot: boolean
  readonly vTpm: boolean
  readonly guestAttestation: boolean
}

/** What is kept nowhere: a reload forgets it. */
export interface Secrets {
  readonly password: string
  readonly customData: string
}

export const NO_SECRETS: Secrets = { password: '', customData: '' }

export const STEPS = ['basics', 'disks', 'network', 'security', 'review'] as const
export type Step = (typeof STEPS)[number]

const KEY = 'trusted-launch.new-vm'

/** Trusted Launch with all of it, until somebody says otherwise. */
export const FIRST: Draft = {
  ...{ name: '', group: 'default', image: '', size: 'Standard_B1s', user: 'azureuser', sshKey: '' },
  ...{ hasPassword: false, hasCustomData: false, tags: '', osDiskGib: '', dataDisksGib: [] },
  ...{ subnet: '', securityGroup: '' },
  ...{ securityType: 'TrustedLaunch', secureBoot: true, vTpm: true, guestAttestation: true },
}

/** As this window has it, also after a reload. */
export function loadDraft(): Draft {
  try {
    return { ...FIRST, ...JSON.parse(sessionStorage.getItem(KEY) ?? '{}') }
  } catch {
    return FIRST
  }
}

export function saveDraft(draft: Draft): void {
  sessionStorage.setItem(KEY, JSON.stringify(draft))
}

export function forgetDraft(): void {
  sessionStorage.removeItem(KEY)
}
