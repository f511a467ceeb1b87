import type { MachineFacts, Unsupported } from '@trusted-launch/posture'
import { runsTrustedLaunch } from '../catalogue/security-type.ts'
import { sizeNamed } from '../catalogue/sizes.ts'
import { alertOf, alertRowsOf } from './alerts.ts'
import { latestVerdictOf } from './latest-verdict.ts'
import { planOf } from './plans.ts'
import { bootsOf } from './references/boots.ts'
import { waitingOf } from './references/drift.ts'
import { modelOf, type ScaleSet } from './scale-set/scale-set.ts'
import { standingOf } from './standing.ts'
import type { Resource, Tables } from './store.ts'
import { setupOf, setupOfModel } from './vm/setup.ts'
import { generationOf, osTypeOf, stateOf, textAt } from './vm/vm.ts'

/** What is known of a VM, for what is recommended of it. */
export async function machineFactsOf(tables: Tables, vm: Resource): Promise<MachineFacts> {
  const { vmId, power } = stateOf(vm)
  const last = await latestVerdictOf(tables, vmId)
  const alerts = (await alertRowsOf(tables, vm)).map(alertOf)
  const { failure, answered } = await standingOf(tables, vm, alerts)
  const { intervalSeconds } = await planOf(tables, vm)
  return {
    ...{ id: vm.id, kind: 'vm', setup: await setupOf(tables, vm) },
    os: osTypeOf(vm),
    unsupported: unsupportedOf(vm),
    isRunning: power === 'running',
    last,
    answered: answered ?? last?.time ?? null,
    ...{ failure, alerts },
    staleAfterMs: 2000 * intervalSeconds.value,
    revocationsMissing: (await bootsOf(tables.values, vmId)).revocationsMissing ?? null,
    pendingApprovals: await waitingOf(tables, vm),
  }
}

/** Why the API would not make it Trusted Launch: what `securityChange` asks for. */
function unsupportedOf(vm: Resource): Unsupported | null {
  const size = unsupportedSize(textAt(vm.properties, 'hardwareProfile', 'vmSize') ?? '')
  if (size !== null) return size
  if (stateOf(vm).unfit !== undefined) return { cause: 'image', description: UNFIT_IMAGE }
  // It is asked of the disk when the VM is deallocated: what lacks nothing can be made generation 2.
  if (generationOf(vm) === 'V2' || stateOf(vm).lacks?.length === 0) return null
  return {
    cause: 'generation-1',
    description: 'It is of generation 1, and its disk is not known to be fit for UEFI.',
  }
}

const UNFIT_IMAGE = 'The image that it was made of is not marked as supporting Trusted Launch.'

function unsupportedSize(name: string): Unsupported | null {
  const size = sizeNamed(name)
  if (size !== null && runsTrustedLaunch(size)) return null
  return { cause: 'size', description: `The size ${name} does not support Trusted Launch.` }
}

const UNFIT = {
  'generation-1': 'The image of its model is of generation 1.',
  image: 'The image of its model is not marked as supporting Trusted Launch.',
} as const

/** What is known of a Uniform set by its model: what its instances booted is theirs. */
export function setFactsOf(set: ScaleSet): MachineFacts {
  const properties = modelOf(set) ?? {}
  const { unfit } = set.state
  return {
    ...{ id: set.id, kind: 'scale-set', os: osTypeOf({ properties }) },
    setup: setupOfModel(properties),
    unsupported:
      unsupportedSize(textAt(set.envelope, 'sku', 'name') ?? '') ??
      (unfit == null ? null : { cause: unfit, description: UNFIT[unfit] }),
    ...{ isRunning: false, last: null, answered: null, failure: null, alerts: [] },
    ...{ staleAfterMs: 0, revocationsMissing: null, pendingApprovals: 0 },
  }
}
