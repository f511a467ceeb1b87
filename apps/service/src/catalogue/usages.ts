import { families, type Size } from './sizes.ts'

/** What is used, and what there is. */
export interface Used {
  /** The size of each VM that is allocated. */
  readonly allocated: readonly Size[]
  readonly virtualMachines: number
  readonly vcpusMax: number
  readonly virtualMachinesMax: number
}

/** The entries of `usages`: cores and VMs of the location, then the cores of each family; of a family, the limit is the location's. */
export function usagesView(used: Used): object[] {
  const cores = new Map<string, number>()
  for (const { family, vcpus } of used.allocated)
    cores.set(family, (cores.get(family) ?? 0) + vcpus)
  const total = [...cores.values()].reduce((sum, count) => sum + count, 0)
  const names = [...new Set(families.map(({ family }) => family))]
  return [
    usage('cores', 'Total Regional vCPUs', total, used.vcpusMax),
    usage('virtualMachines', 'Virtual Machines', used.virtualMachines, used.virtualMachinesMax),
    ...names.map((name) => usage(name, titleOf(name), cores.get(name) ?? 0, used.vcpusMax)),
  ]
}

function usage(value: string, localizedValue: string, currentValue: number, limit: number): object {
  return { unit: 'Count', currentValue, limit, name: { value, localizedValue } }
}

/** `standardDSv5Family` is shown as `Standard DSv5 Family vCPUs`. */
function titleOf(family: string): string {
  const [, tier = '', name = ''] = /^(standard|basic) ?(.*?) ?Family$/i.exec(family) ?? []
  return `${tier.charAt(0).toUpperCase()}${tier.slice(1).toLowerCase()} ${name} Family vCPUs`
}
