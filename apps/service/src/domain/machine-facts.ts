import { fromUtf8 } from '@trusted-launch/codec'
import {
  type MachineFacts,
  PLAN_DEFAULTS,
  type Unsupported,
  type Verdict,
} from '@trusted-launch/posture'
import { runsTrustedLaunch } from '../catalogue/security-type.ts'
import { sizeNamed } from '../catalogue/sizes.ts'
import { alertOf, alertRowsOf } from './alerts.ts'
import type { Attestation, Resource, Tables } from './store.ts'
import { setupOf } from './vm/setup.ts'
import { stateOf, textAt } from './vm/vm.ts'

/** What is known of a VM, for what is recommended of it. */
export async function machineFactsOf(tables: Tables, vm: Resource): Promise<MachineFacts> {
  const { vmId, power } = stateOf(vm)
  const latest = await tables.attestations.latest(vmId)
  const last = latest === null ? null : { result: verdictOf(latest), time: latest.at }
  return {
    ...{ id: vm.id, kind: 'vm', setup: await setupOf(tables, vm) },
    os:
      textAt(vm.properties, 'storageProfile', 'osDisk', 'osType') === 'Windows'
        ? 'Windows'
        : 'Linux',
    unsupported: unsupportedOf(vm),
    isRunning: power === 'running',
    last,
    answered: last?.time ?? null,
    failure: null,
    alerts: (await alertRowsOf(tables, vm)).map(alertOf),
    staleAfterMs: 2000 * PLAN_DEFAULTS.intervalSeconds,
    revocationsMissing: null,
    pendingApprovals: 0,
  }
}

/** Why the API would not make it Trusted Launch: what `securityChange` asks for. Every VM here is of generation 2. */
function unsupportedOf(vm: Resource): Unsupported | null {
  const name = textAt(vm.properties, 'hardwareProfile', 'vmSize') ?? ''
  const size = sizeNamed(name)
  if (size !== null && runsTrustedLaunch(size)) return null
  return { cause: 'size', description: `The size ${name} does not support Trusted Launch.` }
}

/** The result out of the record, with what was found beside the evidence. */
function verdictOf({ tier, findings, record }: Attestation): Verdict {
  const { claims, evidence } = JSON.parse(fromUtf8(record)).record.result
  return { tier, findings, claims, evidence } as unknown as Verdict
}
