import type { Tier } from '@trusted-launch/attestation'
import type { Look } from '../output.ts'
import { plain } from '../plain-text.ts'
import { fieldsText, tableText } from '../table.ts'
import { colored } from '../tier-color.ts'
import { type Integrity, takesSsh, type VmDisk, type VmView } from './vm-view.ts'

const onOff = (value: boolean) => (value ? 'on' : 'off')

const tiers: Readonly<Partial<Record<Integrity, Tier>>> = {
  healthy: 'affirming',
  warning: 'warning',
  silent: 'warning',
  unhealthy: 'contraindicated',
  failed: 'contraindicated',
}

function integrityText({ integrity }: VmView, look: Look): string {
  const tier = tiers[integrity]
  return tier === undefined ? integrity : colored(integrity, tier, look)
}

export function vmTable(vms: readonly VmView[], look: Look): string {
  const head = ['name', 'group', 'power', 'integrity', 'size', 'security type', 'Secure Boot']
  const rows = vms.map((vm) => [
    ...[vm.name, vm.group, vm.power].map(plain),
    integrityText(vm, look),
    ...[vm.size, vm.securityType].map(plain),
    ...[onOff(vm.secureBoot), onOff(vm.vTpm)],
  ])
  return tableText([...head, 'vTPM'], rows, look.width)
}

function diskText({ name, lun, sizeGib }: VmDisk): string {
  const what = lun === null ? "the VM's own" : `lun ${lun}`
  return `${name} (${what}${sizeGib === null ? '' : `, ${sizeGib} GiB`})`
}

/** All that there is to know of one VM. */
export function vmText(vm: VmView): string {
  const tags = Object.entries(vm.tags).map(([name, value]) => `${name}=${value}`)
  return fieldsText([
    ['name', vm.name],
    ['group', vm.group],
    ['location', vm.location],
    ['power', vm.power],
    ['provisioning', vm.provisioning],
    ...(vm.failure === null ? [] : [['failure', vm.failure] as const]),
    ['integrity', vm.integrity],
    ['size', vm.size],
    ...(vm.image === '' ? [] : [['image', vm.image] as const]),
    ['security type', vm.securityType],
    ['Secure Boot', onOff(vm.secureBoot)],
    ['vTPM', onOff(vm.vTpm)],
    ...vm.disks.map((disk) => ['disk', diskText(disk)] as const),
    ...(tags.length === 0 ? [] : [['tags', tags.join(', ')] as const]),
    ['created', vm.created],
    ['id', vm.vmId],
    ...(vm.ssh === null || !takesSsh(vm) ? [] : [['SSH', `${vm.user ?? ''}@${vm.ssh}`] as const]),
    ...vm.notices.map((notice) => ['notice', notice] as const),
  ])
}
