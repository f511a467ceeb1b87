import { keyOf } from '@trusted-launch/api'
import { RETENTION, retentionAt } from '../domain/retention.ts'
import type { Store } from '../domain/store.ts'
import { stateOf, VM } from '../domain/vm/vm.ts'

const PAGE = 100
const DAY_MS = 86_400_000
const OPERATIONS_KEPT_MS = 7 * DAY_MS
/** What a guest wrote may be a secret: whoever asked has read it by then. */
const COMMANDS_KEPT_MS = DAY_MS

/** Operations that ended a week ago go, commands' after a day, with what they wrote. @returns how many. */
export async function forgetOperations({ operations }: Store, now: number): Promise<number> {
  const commands = await operations.forget(now - COMMANDS_KEPT_MS, 'vm.runCommand')
  return commands + (await operations.forget(now - OPERATIONS_KEPT_MS))
}

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
