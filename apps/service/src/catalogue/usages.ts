import type { HostCapacity } from './host-capacity.ts'
import { vcpusMax } from './host-capacity.ts'
import { families, type Size, sizes } from './sizes.ts'
import { isToBeHad } from './skus.ts'

/**
 * The entries of `usages`: vCPUs and VMs of the location, then the vCPUs of each family. The one limit that is kept
 * is that of vCPUs, by each start; the others follow from it: a VM has one at least, a family is among all. Of a
 * family that the host never runs it is none.
 * @param running the size of each VM that runs, whoever's it is.
 */
export function usagesView(running: readonly Size[], host: HostCapacity): object[] {
  const cores = new Map<string, number>()
  for (const { family, vcpusAvailable } of running)
    cores.set(family, (cores.get(family) ?? 0) + vcpusAvailable)
  const total = [...cores.values()].reduce((sum, count) => sum + count, 0)
  const names = [...new Set(families.map(({ family }) => family))]
  const offered = new Set(sizes.filter((size) => isToBeHad(size, host)).map(({ family }) => family))
  const limit = vcpusMax(host)
  return [
    usage('cores', 'Total Regional vCPUs', total, limit),
    usage('virtualMachines', 'Virtual Machines', running.length, limit),
    ...names.map((name) =>
      usage(name, titleOf(name), cores.get(name) ?? 0, offered.has(name) ? limit : 0),
    ),
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
