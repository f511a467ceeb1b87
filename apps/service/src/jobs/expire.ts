import { keyOf } from '@trusted-launch/api'
import { RETENTION, retentionAt } from '../domain/retention.ts'
import type { Store } from '../domain/store.ts'
import { stateOf, VM } from '../domain/vm/vm.ts'

const PAGE = 100

/** Attestations that are past their time go, VM by VM. @returns how many. */
export async function expireAttestations(store: Store, now: number): Promise<number> {
  const retention = retentionAt(now, RETENTION)
  let count = 0
  for (let after: string | undefined; ; ) {
    const query = { type: VM, limit: PAGE, ...(after !== undefined && { after }) }
    const vms = await store.resources.list(query)
    for (const vm of vms) {
      const { attestations } = store
      const gone = await attestations.expired(stateOf(vm).vmId, retention)
      count += await attestations.delete(gone.map(({ id }) => id))
    }
    if (vms.length < PAGE) return count
    after = keyOf(vms.at(-1)!.id)
  }
}
