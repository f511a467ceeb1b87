import { ArmError, keyOf } from '@trusted-launch/api'
import { Budget, isObject, memberOf, type Plan } from '@trusted-launch/template'
import { listIn } from '../links.ts'
import type { JsonObject, Tables } from '../store.ts'
import { DEPLOYMENT, DEPLOYMENTS } from './deployment.ts'
import { type DeploymentRecord, planOf } from './record.ts'

/**
 * The ids of what the deployments in a deployment will make and what they name, those in them too, as far as that is
 * known before any of it is done. All of them together may cost what one template may; what is beyond that, or is
 * no template, is not foretold.
 */
export async function foretoldIds(
  tables: Pick<Tables, 'resources'>,
  plan: Plan,
  record: DeploymentRecord,
  types: readonly string[],
  budget = new Budget(),
): Promise<string[]> {
  const ids: string[] = []
  for (const { id, type, shown } of plan.resources) {
    const properties = memberOf(shown, 'properties')
    if (!isDeployment(type) || !isObject(properties)) continue
    if (record.level >= DEPLOYMENTS.length) continue
    const template = memberOf(properties, 'template') as JsonObject
    const parameters = (memberOf(properties, 'parameters') ?? {}) as JsonObject
    const inner = { ...record, id, level: record.level + 1, template, parameters }
    if (!isObject(template) || !isObject(parameters)) continue
    try {
      const found = await planOf(tables, inner, types, false, budget)
      ids.push(...found.resources.map((one) => one.id), ...found.existing)
      ids.push(...(await foretoldIds(tables, found, inner, types, budget)))
    } catch (error) {
      if (!(error instanceof ArmError)) throw error
    }
  }
  return ids
}

/** The ids of what the deployments in a deployment made, once they are over, those in them too. */
export async function toldIds(tables: Pick<Tables, 'resources'>, plan: Plan): Promise<string[]> {
  const ids: string[] = []
  const seen = new Set<string>()
  const open = plan.resources.filter(({ type }) => isDeployment(type)).map(({ id }) => id)
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(keyOf(id))) continue
    seen.add(keyOf(id))
    const row = await tables.resources.get(id)
    if (row === null || !isDeployment(row.type)) continue
    const made = (listIn(row.state.outputResources) as { id: string }[]).map((one) => one.id)
    ids.push(...made)
    open.push(...made)
  }
  return ids
}

const isDeployment = (type: string) => keyOf(type) === keyOf(DEPLOYMENT)
