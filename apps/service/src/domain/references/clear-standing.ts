import type { Finding } from '@trusted-launch/attestation'
import { alertKindOf, isOpen, type Verdict } from '@trusted-launch/posture'
import { alertOf, alertRowsOf } from '../alerts.ts'
import { clearRemembered } from '../clear-failure.ts'
import type { Resource, Tables } from '../store.ts'
import { rememberedOf } from '../vm/remembered.ts'
import { stateOf } from '../vm/vm.ts'
import { driftIn, driftsOf } from './drift.ts'
import { isDrift } from './is-drift.ts'

/**
 * An approval takes away the failure that is remembered of a VM, where there was no alert to close with it (the alert
 * waited for an announced update, or the VM has no extension): where that failure is of this drift, nothing is left of
 * it by what was approved, and nothing else of the VM is open. Part of a transaction.
 */
export async function clearStanding(
  tables: Tables,
  vm: Resource,
  approved: Resource,
  result: Pick<Verdict, 'tier'>,
  who: { readonly by: string; readonly request: string; readonly time: number },
): Promise<void> {
  const { vmId } = stateOf(vm)
  const { failure } = (await rememberedOf(tables.values, vmId)).vm.standing
  if (failure === null || result.tier === 'contraindicated') return
  if (failure.time < driftIn(approved).firstSeen) return
  if (await isOfMore(tables, vmId, failure.time)) return
  const alerts = (await alertRowsOf(tables, vm)).map(alertOf)
  if (alerts.some((one) => isOpen(one) && alertKindOf(one.type).isFailure)) return
  const others = (await driftsOf(tables, vm)).filter(({ id }) => id !== approved.id)
  if (others.some((row) => driftIn(row).status !== 'approved')) return
  const reason = `What differed was approved by request ${who.request}.`
  await clearRemembered(tables, vm, { by: who.by, reason, time: who.time })
}

const PAGE = 100

/** Whether a verdict since then was refused for something else than drift, too. */
async function isOfMore({ attestations }: Tables, vmId: string, since: number): Promise<boolean> {
  for (let after: string | undefined; ; ) {
    const page = await attestations.list(vmId, {
      limit: PAGE,
      ...(after !== undefined && { after }),
    })
    for (const { at, tier, findings } of page) {
      if (at < since) return false
      if (tier === 'contraindicated' && (findings as unknown as Finding[]).some(isOther))
        return true
    }
    if (page.length < PAGE) return false
    after = page.at(-1)!.id
  }
}

const isOther = (one: Finding) => one.severity === 'high' && !isDrift(one)
