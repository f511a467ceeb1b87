import { ArmError, type Fault } from '@trusted-launch/api'
import { DEPLOYMENTS, PART, partOf } from '../../domain/deployment/deployment.ts'
import { type DeploymentRecord, planOf, recordKey } from '../../domain/deployment/record.ts'
import { everyOf } from '../../domain/every-of.ts'
import type { JsonObject, ProvisioningState, Resource } from '../../domain/store.ts'
import { Cancelled, type Handler, isOurs, type Job } from '../worker.ts'
import { type DeploymentGround, DeploymentRun } from './run.ts'

export type { DeploymentGround } from './run.ts'

export function deploymentHandlers(ground: DeploymentGround): Record<string, Handler> {
  return Object.fromEntries(DEPLOYMENTS.map((kind) => [kind, (job) => deploy(job, ground)]))
}

async function deploy(job: Job, ground: DeploymentGround): Promise<JsonObject | undefined> {
  const { resourceId, input } = job.operation
  const row = await job.under(({ resources }) => resources.get(resourceId))
  const record = await ground.recordOf(String(input.run))
  if (row === null || record === null || row.state.run !== input.run) {
    await job.under(({ values }) => values.delete(recordKey(String(input.run))))
    return undefined
  }
  try {
    const end = await run(job, ground, row, record)
    await finish(job, ground, row, 'Succeeded', end)
    return undefined
  } catch (error) {
    if (job.signal.aborted || isOurs(error)) throw error
    const isCancelled = error instanceof Cancelled
    const fault = isCancelled ? CANCELLED : error instanceof ArmError ? error.fault : INTERNAL
    if (isCancelled) await cancelParts(job, ground, row)
    await finish(job, ground, row, isCancelled ? 'Canceled' : 'Failed', { error: told(fault) })
    throw error
  }
}

const CANCELLED: Fault = {
  status: 409,
  code: 'DeploymentCanceled',
  message: 'The deployment was cancelled. What was begun goes on by itself.',
}
const INTERNAL: Fault = {
  status: 500,
  code: 'InternalServerError',
  message: 'Something went wrong on our side. The log tells more under the correlation id.',
}

async function run(
  job: Job,
  ground: DeploymentGround,
  row: Resource,
  record: DeploymentRecord,
): Promise<JsonObject> {
  const plan = await job.under((tables) => planOf(tables, record, ground.inside().types))
  const work = new DeploymentRun(job, ground, row, record, plan)
  requireNone(row, await work.parts())
  requireNone(row, await work.deletes())
  const outputs = (await work.outputs()) as JsonObject
  return { outputs, outputResources: plan.resources.map(({ id }) => ({ id })) }
}

/** @throws {ArmError} `DeploymentFailed`, with what failed. */
function requireNone({ id }: Resource, faults: readonly Fault[]): void {
  if (faults.length === 0) return
  throw new ArmError({
    status: 409,
    code: 'DeploymentFailed',
    target: id,
    message:
      'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.',
    details: faults,
  })
}

function told({ status: _, details, ...fault }: Fault): JsonObject {
  const parts = details === undefined ? {} : { details: details.map(told) }
  return JSON.parse(JSON.stringify({ ...fault, ...parts })) as JsonObject
}

/** The end, and nothing secret of it any more, in one transaction. */
async function finish(
  job: Job,
  { now }: DeploymentGround,
  { id, state }: Resource,
  provisioningState: ProvisioningState,
  end: JsonObject,
): Promise<void> {
  await job.under(async ({ resources, values }) => {
    await resources.update(
      id,
      { state: { ...state, ...end, endedAt: now() }, provisioningState },
      now(),
    )
    await values.delete(recordKey(String(state.run)))
  })
}

/** Those that were not over are not waited for; deployments among them are cancelled too. */
async function cancelParts(job: Job, { now }: DeploymentGround, row: Resource): Promise<void> {
  await job.under(async (tables) => {
    const { resources, operations } = tables
    for await (const one of everyOf(tables, { type: PART, parentId: row.id })) {
      const part = partOf(one)
      if (part.state !== 'Running') continue
      const operation = part.operationId === null ? null : await operations.get(part.operationId)
      if (operation !== null && DEPLOYMENTS.includes(operation.kind))
        await operations.requestCancel(operation.id)
      const state = { ...one.state, state: 'Canceled', endedAt: now() }
      await resources.update(one.id, { state }, now())
    }
  })
}
