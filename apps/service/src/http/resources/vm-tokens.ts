import { ArmError, faults } from '@trusted-launch/api'
import type { Resource, Tables } from '../../domain/store.ts'
import { issuedBy, termsOf, tokenAskedIn } from '../../domain/tokens.ts'
import { inputFor, securityOf, stateOf } from '../../domain/vm/vm.ts'
import { watchedOf, watchOf } from '../../domain/vm/watched.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { requireVmAt } from './health.ts'

/** Signed verdicts for relying parties. */
export function vmTokenRoutes(ground: Ground): Route[] {
  return [
    {
      method: 'POST',
      path: '/:scope/providers/TrustedLaunch/token',
      action: 'TrustedLaunch/evidence/token/action',
      handle: (request) => token(ground, request),
    },
  ]
}

/** The latest verdict at once; with a nonce or a key, a fresh one that covers them, as a long action. */
async function token(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { audience, binding } = tokenAskedIn(request.body)
  if (binding !== null) return fresh(ground, request, { audience, ...binding })
  const vm = await requireRunning(ground, ground.store, request)
  await requireProvedBoot(ground.store, vm)
  const latest = await ground.store.attestations.latest(stateOf(vm).vmId)
  if (latest === null)
    throw new ArmError(
      faults.operationNotAllowed(`There is no verdict on the virtual machine '${vm.name}' yet.`),
    )
  const terms = await termsOf(ground.store, vm, latest, audience, ground.now(), {
    fresh: false,
  })
  return { status: 200, body: await issuedBy(ground.issue, terms) }
}

/** Its host saw it start or reset, and it did not prove that boot yet. @throws {ArmError} `AttestationStale` */
async function requireProvedBoot(tables: Tables, vm: Resource): Promise<void> {
  const { awaitedSince } = watchOf(await watchedOf(tables, vm))
  if (awaitedSince === null) return
  const message = `The virtual machine '${vm.name}' was started or reset at ${new Date(awaitedSince).toISOString()}, and its latest verdict is of a boot before. Ask when it was attested.`
  throw new ArmError({ status: 409, code: 'AttestationStale', message })
}

async function fresh(
  ground: Ground,
  request: ArmRequest,
  asked: { readonly audience: string; readonly jwk: string | null; readonly nonce: string | null },
): Promise<ArmReply> {
  const { operation } = await change(ground, request, async (tables) => {
    const vm = await requireRunning(ground, tables, request)
    ground.attestRate.require(stateOf(vm).vmId)
    const work = { kind: 'vm.token', input: { ...inputFor(vm), ...asked }, host: ground.host }
    return { status: 202, operation: (await begin(ground, tables, request, vm, work))! }
  })
  ground.wake()
  const { base, apiVersion } = request
  return { status: 202, headers: operationHeaders(base, operation, apiVersion, true) }
}

/** @throws {ArmError} it has no vTPM, or does not run. */
async function requireRunning(
  ground: Ground,
  tables: Tables,
  request: ArmRequest,
): Promise<Resource> {
  const vm = await requireVmAt({ ...ground, store: tables as Ground['store'] }, request)
  const { power } = stateOf(vm)
  const why = !securityOf(vm).vTpm
    ? 'has no vTPM to prove its boot with'
    : power === 'running'
      ? null
      : `does not run: it is ${power}`
  if (why === null) return vm
  throw new ArmError(faults.operationNotAllowed(`The virtual machine '${vm.name}' ${why}.`))
}
