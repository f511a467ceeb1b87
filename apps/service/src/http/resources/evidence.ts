import { ArmError, type BootView, faults, REASON_MAX } from '@trusted-launch/api'
import type { Tier } from '@trusted-launch/attestation'
import { alertOf, alertRowsOf } from '../../domain/alerts.ts'
import { clearFailureOf } from '../../domain/clear-failure.ts'
import { requireUnlocked } from '../../domain/locks.ts'
import { versionOfPolicy } from '../../domain/policies.ts'
import { expiredOf, RETENTION, type RetentionDays } from '../../domain/retention.ts'
import { standingOf } from '../../domain/standing.ts'
import type { Attestation, AttestationSummary, JsonObject, Resource } from '../../domain/store.ts'
import { inputFor, securityOf, stateOf } from '../../domain/vm/vm.ts'
import { type Monitoring, monitoringOf } from '../../domain/vm/watched.ts'
import { begin } from '../begin.ts'
import { change } from '../change.ts'
import type { Ground } from '../ground.ts'
import { operationHeaders } from '../operation-view.ts'
import { pageOf } from '../page.ts'
import { requireInstallation } from '../required.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'
import { requireVmAt } from './health.ts'

const PATH = '/:scope/providers/TrustedLaunch/evidence'
const TYPE = 'TrustedLaunch/evidence'

/** What a VM proved, when, and the evidence itself: to be asked for anew, taken along, and thrown away. */
export function evidenceRoutes(ground: Ground): Route[] {
  const route = routesOf(TYPE)
  return [
    route('GET', PATH, 'read', (request) => list(ground, request)),
    route('GET', `${PATH}/:evidence`, 'read', (request) => get(ground, request)),
    route('GET', `${PATH}/:evidence/bootView`, 'read', (request) => bootView(ground, request)),
    route('POST', `${PATH}/attest`, 'attest/action', (request) => attestVm(ground, request)),
    route('POST', `${PATH}/clearFailure`, 'clearFailure/action', (request) =>
      clearFailure(ground, request),
    ),
    route('POST', `${PATH}/prune`, 'prune/action', (request) => prune(ground, request)),
    {
      method: 'POST',
      path: '/:scope/providers/TrustedLaunch/attestationSigner/rotate',
      action: 'TrustedLaunch/attestationSigner/rotate/action',
      handle: async (request) => {
        requireInstallation(request)
        return change(ground, request, async ({ values }) => {
          await ground.rotateSigner(values).catch(tooSoon)
          return { status: 204 }
        })
      },
    },
  ]
}

/**
 * The verdicts, newest first; the newest whole, where there is one. `?format=record` gives its record as a file.
 * @throws {ArmError} 404: of that, there is none.
 */
async function list(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { attestations } = ground.store
  const vm = await requireVmAt(ground, request)
  const { vmId } = stateOf(vm)
  const isFirst = request.query.$skiptoken === undefined
  const latest = isFirst ? await attestations.latest(vmId) : null
  if (isFirst && request.query.format === 'record') {
    if (latest === null) throw new ArmError(faults.resourceNotFound(request.id))
    return recordReply(latest)
  }
  const { body, ...reply } = await pageOf(
    request,
    (after, limit) => attestations.list(vmId, { ...(after !== null && { after }), limit }),
    (one) => summaryView(request.id, one),
  )
  const whole = latest === null ? {} : { latest: await wholeView(ground, vm, latest) }
  const looked = isFirst ? await lookedAt(ground, vm) : {}
  return { ...reply, body: { id: request.id, ...looked, ...whole, ...(body as object) } }
}

/** How it is looked after, and the first failure that nobody cleared, where there is one. */
async function lookedAt({ store }: Ground, vm: Resource): Promise<JsonObject> {
  const monitoring = monitoringView(await monitoringOf(store, vm))
  const alerts = (await alertRowsOf(store, vm)).map(alertOf)
  const { failure } = await standingOf(store, vm, alerts)
  if (failure === null) return { monitoring }
  const time = new Date(failure.time).toISOString()
  return { monitoring, failure: { time, findings: [...failure.findings] } }
}

/** Times as Azure writes them; what there is none of is not there. */
function monitoringView({ isMonitored, unanswered, ...times }: Monitoring): JsonObject {
  const known = Object.entries(times).filter(([, time]) => time !== null)
  const told = known.map(([name, time]) => [name, new Date(time!).toISOString()])
  return { isMonitored, unanswered, ...Object.fromEntries(told) }
}

async function get(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { vm, found } = await requireEvidence(ground, request)
  if (request.query.format === 'record') return recordReply(found)
  const collection = request.id.slice(0, request.id.lastIndexOf('/'))
  const { properties, ...view } = summaryView(collection, found)
  const whole = await wholeView(ground, vm, found)
  return {
    status: 200,
    body: { ...view, properties: { ...(properties as JsonObject), ...whole } },
  }
}

/** The record, read for people: events, registers, files. */
async function bootView(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { found } = await requireEvidence(ground, request)
  const { id, at, tier, findings, record } = found
  const shown = await ground.showBoot(record)
  if ('fault' in shown)
    throw new ArmError(faults.operationNotAllowed(`The record does not hold: ${shown.fault}.`))
  const told = findings as unknown as BootView['findings']
  const time = new Date(at).toISOString()
  const body: BootView = { ...shown, id, time, tier: tier as Tier, findings: told }
  return { status: 200, body }
}

/** @throws {ArmError} 404: not of this VM, or not there. */
async function requireEvidence(
  ground: Ground,
  request: ArmRequest,
): Promise<{ vm: Resource; found: Attestation }> {
  const vm = await requireVmAt(ground, request)
  const { vmId } = stateOf(vm)
  const found = await ground.store.attestations.get(request.params.evidence!)
  if (found === null || found.vmId !== vmId.toLowerCase())
    throw new ArmError(faults.resourceNotFound(request.id))
  return { vm, found }
}

/** Asks the VM anew, as a long action; who asks while one is under way is told of that one. */
export async function attestVm(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const vm = await requireVmAt(ground, request)
  if (!securityOf(vm).vTpm)
    throw new ArmError(
      faults.operationNotAllowed(
        `The virtual machine '${vm.name}' has no vTPM to prove its boot with.`,
      ),
    )
  const { power, vmId } = stateOf(vm)
  if (power !== 'running')
    throw new ArmError(
      faults.operationNotAllowed(`The virtual machine '${vm.name}' does not run: it is ${power}.`),
    )
  const { operation } = await change(ground, request, async (tables) => {
    const open = { resourceId: vm.id, unfinished: true, kind: 'vm.attest', limit: 1 }
    const [underWay] = await tables.operations.list(open)
    if (underWay !== undefined) return { status: 202, operation: underWay }
    ground.attestRate.require(vmId)
    const work = { kind: 'vm.attest', input: inputFor(vm), host: ground.host }
    return { status: 202, operation: (await begin(ground, tables, request, vm, work))! }
  })
  ground.wake()
  return { status: 202, headers: operationHeaders(request.base, operation, request.apiVersion) }
}

/** Somebody takes the failure off a VM, for a reason, where no alert of it is open: its verdicts count again. */
async function clearFailure(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const { caller, correlationId, body } = request
  const why = body?.reason ?? null
  if (why === null) throw new ArmError(faults.missingParameter('reason'))
  if (typeof why !== 'string' || why.trim() === '' || why.length > REASON_MAX)
    throw new ArmError(faults.invalidParameter('reason'))
  const reason = `${why} (request ${correlationId})`
  const vm = await requireVmAt(ground, request)
  return change(ground, request, async (tables) => {
    await clearFailureOf(tables, vm, { by: caller.name, reason, time: ground.now() })
    return { status: 204 }
  })
}

/** What is past its time goes, as the request or the service says; `dryRun` only tells. */
async function prune(ground: Ground, request: ArmRequest): Promise<ArmReply> {
  const vm = await requireVmAt(ground, request)
  const { dryRun, ...retention } = wantedOf(request.body ?? {})
  const { gone } = await change(ground, request, async ({ attestations, ...tables }) => {
    await requireUnlocked({ attestations, ...tables }, vm.id, 'delete')
    const gone = await expiredOf({ attestations, ...tables }, vm, ground.now(), retention)
    if (!dryRun) await attestations.delete(gone.map(({ id }) => id))
    return { status: 200, gone }
  })
  const collection = request.id.slice(0, request.id.lastIndexOf('/'))
  return { status: 200, body: { value: gone.map((one) => summaryView(collection, one)) } }
}

/** @throws {ArmError} 400 */
function wantedOf(body: JsonObject): RetentionDays & { readonly dryRun: boolean } {
  const { dryRun = false, ...given } = body
  if (typeof dryRun !== 'boolean') throw new ArmError(faults.invalidParameter('dryRun'))
  for (const [name, value] of Object.entries(given))
    if (!Object.hasOwn(RETENTION, name) || !Number.isInteger(value) || Number(value) < 0)
      throw new ArmError(faults.invalidParameter(name))
  return { ...RETENTION, ...(given as unknown as Partial<RetentionDays>), dryRun }
}

function recordReply({ id, record }: Attestation): ArmReply {
  const headers = {
    'content-type': 'application/json',
    'content-disposition': `attachment; filename="${id}.json"`,
  }
  return { status: 200, body: Buffer.from(record), headers }
}

function summaryView(
  collection: string,
  { id, at, tier, findings }: AttestationSummary,
): JsonObject {
  const time = new Date(at).toISOString()
  const ids = findings.map((one) => (one as JsonObject).id!)
  return {
    ...{ id: `${collection}/${id}`, name: id, type: TYPE },
    properties: { time, tier, findings: ids },
  }
}

/** The result out of the record, with what was found beside the evidence, and which version of which policy judged it. */
async function wholeView(
  { store }: Ground,
  { subscriptionId }: Resource,
  { id, at, tier, findings, record }: Attestation,
): Promise<JsonObject> {
  const { result, policy } = JSON.parse(Buffer.from(record).toString()).record
  const time = new Date(at).toISOString()
  const version = await versionOfPolicy(store, subscriptionId, policy)
  return {
    ...{ id, time, tier, result: { ...result, tier, findings } },
    policy: { id: policy.id, version },
  }
}

/** Sixteen keys whose tokens may still be good are all that are published. */
function tooSoon(error: unknown): never {
  if (error instanceof RangeError)
    throw new ArmError(
      faults.operationNotAllowed(
        'Too many former keys still have good tokens. Rotate again once the oldest of those ran out.',
      ),
    )
  throw error
}
