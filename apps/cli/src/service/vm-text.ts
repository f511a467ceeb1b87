import { parseResourceId } from '@trusted-launch/api'
import { plain } from '../plain-text.ts'
import { fieldsText, tableText } from '../table.ts'

/** A VM as the control plane shows it, in part. */
export interface VmView {
  readonly name: string
  readonly group: string
  readonly size: string
  readonly image: string
  readonly provisioning: string
  readonly power: string
  readonly securityType: string
  readonly secureBoot: boolean
  readonly vTpm: boolean
  readonly vmId: string
  readonly user: string | null
  /** `127.0.0.1:PORT` of the host, or null. */
  readonly ssh: string | null
  readonly notices: readonly string[]
}

const KNOWN = /^(?:ProvisioningState|PowerState)\/|^TrustedLaunch\/Ssh$/

export function viewOfVm(vm: any): VmView {
  const { properties: of = {} } = vm
  const statuses: any[] = of.instanceView?.statuses ?? []
  const status = (code: RegExp) => statuses.find((one) => code.test(one.code))
  const image = of.storageProfile?.imageReference ?? {}
  const named = [image.publisher, image.offer, image.sku, image.version].filter(Boolean)
  const uefi = of.securityProfile?.uefiSettings ?? {}
  return {
    name: String(vm.name),
    group: parseResourceId(String(vm.id))?.resourceGroup ?? '',
    size: String(of.hardwareProfile?.vmSize ?? ''),
    image: named.join(':'),
    provisioning: String(of.provisioningState ?? ''),
    power: status(/^PowerState\//)?.code.slice('PowerState/'.length) ?? 'unknown',
    securityType: String(of.securityProfile?.securityType ?? 'Standard'),
    secureBoot: uefi.secureBootEnabled === true,
    vTpm: uefi.vTpmEnabled === true,
    vmId: String(of.vmId ?? ''),
    user: of.osProfile?.adminUsername ?? null,
    ssh: status(/^TrustedLaunch\/Ssh$/)?.message ?? null,
    notices: statuses
      .filter(({ code, level }) => !KNOWN.test(code) || level === 'Error')
      .map(({ displayStatus, message }) => String(message ?? displayStatus)),
  }
}

/** False: it is of an image of ours that has no sshd, `small` or `uki`. */
export function takesSsh({ image }: VmView): boolean {
  return !/^trusted-launch:(?:small|uki):/i.test(image)
}

const onOff = (value: boolean) => (value ? 'on' : 'off')

export function vmTable(vms: readonly VmView[], width: number): string {
  const head = ['name', 'group', 'power', 'size', 'security type', 'Secure Boot', 'vTPM']
  const rows = vms.map((vm) => [
    ...[vm.name, vm.group, vm.power, vm.size, vm.securityType].map(plain),
    ...[onOff(vm.secureBoot), onOff(vm.vTpm)],
  ])
  return tableText(head, rows, width)
}

export function vmText(vm: VmView): string {
  return fieldsText([
    ['name', vm.name],
    ['group', vm.group],
    ['power', vm.power],
    ['provisioning', vm.provisioning],
    ['size', vm.size],
    ['image', vm.image],
    ['security type', vm.securityType],
    ['Secure Boot', onOff(vm.secureBoot)],
    ['vTPM', onOff(vm.vTpm)],
    ['id', vm.vmId],
    ...(vm.ssh === null ? [] : [['SSH', `${vm.user ?? ''}@${vm.ssh}`] as const]),
    ...vm.notices.map((notice) => ['notice', notice] as const),
  ])
}
