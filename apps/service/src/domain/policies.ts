import { isDeepStrictEqual } from 'node:util'
import { type Policy, TRUSTED_LAUNCH_POLICY } from '@trusted-launch/attestation'
import { type PlannedVm, planOf } from './plans.ts'
import type { Resource, Tables } from './store.ts'
import { documentOf, versionIn, versionsOf } from './versioned.ts'

/** What a VM must be: it extends a subscription, and the plans there name it. */
export const POLICY = 'TrustedLaunch/policies'

/** Those that are always there, and that nobody changes. */
export const BUILT_IN_POLICIES: readonly Policy[] = [TRUSTED_LAUNCH_POLICY]

/** The built-in one of a name; null: none is called so. */
export function builtInPolicy(id: string): Policy | null {
  return BUILT_IN_POLICIES.find((one) => one.id === id) ?? null
}

export function policyIdOf(subscriptionId: string, id: string): string {
  return `/subscriptions/${subscriptionId}/providers/${POLICY}/${id}`
}

/** The policy in its row. */
export function policyIn(row: Resource): Policy {
  return versionIn(row).document as unknown as Policy
}

/** The policy of an id that plans of a subscription may name; null: there is none. */
export async function policyNamed(
  { resources }: Pick<Tables, 'resources'>,
  subscriptionId: string,
  id: string,
): Promise<Policy | null> {
  const builtIn = builtInPolicy(id)
  if (builtIn !== null) return builtIn
  const row = await resources.get(policyIdOf(subscriptionId, id))
  return row === null ? null : policyIn(row)
}

/** The policy that a VM's plan names: what its verdicts are made under. @throws {Error} it is not there. */
export async function policyFor(tables: Pick<Tables, 'resources'>, vm: PlannedVm): Promise<Policy> {
  const { value, from } = (await planOf(tables, vm)).policy
  const found = await policyNamed(tables, vm.subscriptionId, value)
  if (found === null) throw new Error(`there is no policy '${value}', which plan '${from}' names`)
  return found
}

/** Which version of a policy a document is, by what it says; null: built in, or too old to be kept. */
export async function versionOfPolicy(
  tables: Tables,
  subscriptionId: string,
  policy: Pick<Policy, 'id'>,
): Promise<number | null> {
  if (builtInPolicy(policy.id) !== null) return null
  const versions = await versionsOf(tables, POLICY, policyIdOf(subscriptionId, policy.id))
  const same = versions.find(({ document }) => isDeepStrictEqual(document, documentOf(policy)))
  return same?.version ?? null
}
