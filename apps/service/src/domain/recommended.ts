import { assess, assessSet, type Exemption, type Recommendation } from '@trusted-launch/posture'
import { machineFactsOf, setFactsOf } from './machine-facts.ts'
import { instancesOf, isFlexible, isGoing, SCALE_SET, scaleSetOf } from './scale-set/scale-set.ts'
import type { Resource, Tables } from './store.ts'
import { VM } from './vm/vm.ts'

/** What is assessed: instances of a Flexible set are VMs, those of a Uniform one are looked at with it. */
export const ASSESSED: readonly string[] = [VM, SCALE_SET]

/** What is recommended of a VM or a Uniform scale set; of a Flexible one nothing. */
export async function recommendedOf(
  tables: Tables,
  row: Resource,
  exemptions: readonly Exemption[],
  now: number,
): Promise<Recommendation[]> {
  if (row.type === VM) return assess(await machineFactsOf(tables, row), exemptions, now)
  const set = scaleSetOf(row)
  if (isFlexible(set)) return []
  const answers: Recommendation[][] = []
  for (const instance of await instancesOf(tables, set))
    if (!isGoing(instance)) answers.push(assess(await machineFactsOf(tables, instance), [], now))
  return assessSet(setFactsOf(set), answers, exemptions, now)
}
