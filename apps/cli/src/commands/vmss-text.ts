import { parseResourceId } from '@trusted-launch/api'
import { InvalidArgumentError } from 'commander'
import { plain } from '../plain-text.ts'
import { imageNameOf, viewOfVm } from '../service/vm-view.ts'
import { fieldsText, tableText } from '../table.ts'

/** An option's number of instances. @throws {InvalidArgumentError} */
export function countOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a number is wanted')
}

const fieldsOf = ({ name, id, sku, properties: of }: any): [string, string][] => [
  ['name', String(name)],
  ['group', parseResourceId(String(id))?.resourceGroup ?? ''],
  ['instances', String(sku?.capacity ?? '')],
  ['size', String(sku?.name ?? '')],
  ['mode', String(of.orchestrationMode ?? 'Uniform')],
  ['upgrades', String(of.upgradePolicy?.mode ?? '')],
  ['image', imageNameOf(of.virtualMachineProfile?.storageProfile?.imageReference)],
  ['security type', of.virtualMachineProfile?.securityProfile?.securityType ?? 'Standard'],
  ['provisioning', String(of.provisioningState)],
]

export function setsText(sets: readonly any[], width: number): string {
  if (sets.length === 0) return 'no scale sets\n'
  const rows = sets.map((set) => fieldsOf(set).map(([, value]) => plain(value)))
  return tableText(
    fieldsOf(sets[0]).map(([name]) => name),
    rows,
    width,
  )
}

/** @param view what is so of its instances, where it was asked for. */
export function setText(set: any, view: any = null): string {
  const counts: any[] = view?.virtualMachine.statusesSummary ?? []
  const notices: any[] = (view?.statuses ?? []).filter(
    ({ code }: any) => !code.startsWith('ProvisioningState/'),
  )
  return fieldsText([
    ...fieldsOf(set),
    ...counts.map(({ code, count }) => [String(code), String(count)] as const),
    ...notices.map(({ message, displayStatus }) => ['notice', message ?? displayStatus] as const),
  ])
}

/** Instances of a set, a line each. */
export function instancesText(instances: readonly any[], width: number): string {
  if (instances.length === 0) return 'no instances\n'
  const rows = instances.map((one) => {
    const { name, power, provisioning, integrity } = viewOfVm(one)
    const { latestModelApplied } = one.properties
    const model = latestModelApplied === true ? 'the latest' : 'an older one'
    return [one.instanceId, name, power, integrity, model, provisioning].map(String).map(plain)
  })
  const head = ['id', 'name', 'power', 'integrity', 'model', 'provisioning']
  return tableText(head, rows, width)
}
