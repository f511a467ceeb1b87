import { ArmError } from '@trusted-launch/api'
import type { Wanted } from '../resource-type.ts'
import type { JsonObject, Resource } from '../store.ts'
import type { VmRules } from './plan-vm.ts'
import type { Decision } from './security.ts'
import { type Notice, stateOf, type VmState } from './vm.ts'

type Told = Pick<VmRules, 'notEnforced' | 'refused'>

/** What was told of the VM, and a change of something else does not make untrue. */
export function lasting({ notices }: VmState, { isTrustedLaunch }: Decision): Notice[] {
  return notices.filter(
    ({ code }) =>
      code.startsWith('TrustedLaunch/') &&
      !(isTrustedLaunch && code === 'TrustedLaunch/NotApplied'),
  )
}

/** As a client sends it. */
export function bodyOf({ envelope }: Pick<Wanted, 'envelope'>, properties: JsonObject): JsonObject {
  return { ...envelope, properties }
}

/** @throws {ArmError} the first member that asks for what there is not here. */
export function requireOffered(rules: Told, body: JsonObject): void {
  const [path] = rules.refused(body)
  if (path === undefined) return
  throw new ArmError({
    status: 400,
    code: 'BadRequest',
    message: `'${path}' is not offered by this installation, and a VM is not made without what it asks for: leave it out.`,
    target: path,
  })
}

/** What was sent and has no effect: defaults that were filled in are nobody's. */
export function toldOf(rules: Told, wanted: Wanted, existing: Resource): readonly string[] {
  const { notEnforced } = stateOf(existing)
  const there = new Set(rules.notEnforced(bodyOf(existing, existing.properties)))
  const all = rules.notEnforced(bodyOf(wanted, wanted.properties))
  return all.filter((path) => notEnforced.includes(path) || !there.has(path))
}
