import { ArmError, checkBody, faults, keyOf } from '@trusted-launch/api'
import { API_VERSION } from '../../domain/deployment/context.ts'
import { everyBelow } from '../../domain/every-of.ts'
import { exportableOf } from '../../domain/export/export-rules.ts'
import { exportedTemplate, type Sent } from '../../domain/export/exported-template.ts'
import type { Options } from '../../domain/export/template-names.ts'
import { requireGroup } from '../../domain/groups.ts'
import type { Json, JsonObject, Resource } from '../../domain/store.ts'
import type { ArmType } from '../arm-type.ts'
import type { Ground } from '../ground.ts'
import type { ArmReply, ArmRequest, Route } from '../route.ts'
import { routesOf } from '../routes-of.ts'

const RIGHT = 'Microsoft.Resources/subscriptions/resourceGroups'
const PATH = '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/exportTemplate'
const MODEL = 'ExportTemplateRequest'
/** As on Azure. */
const RESOURCES_MAX = 200
const OPTIONS = [
  'IncludeParameterDefaultValue',
  'IncludeComments',
  'SkipResourceNameParameterization',
  'SkipAllParameterization',
] as const

/** What is in a group, as a template that makes the same again. */
export function groupExportRoutes(types: readonly ArmType[], ground: Ground): Route[] {
  const route = routesOf(RIGHT)
  const models = new Map(types.map(({ type, models: { PUT } }) => [keyOf(type), PUT]))
  return [
    route('POST', PATH, 'exportTemplate/action', (request) => toTemplate(models, ground, request), {
      body: MODEL,
    }),
  ]
}

/**
 * Each resource is shown by its own endpoint to who asks: what they may not see is not in it. What could not be exported
 * is told in `error.details`. @throws {ArmError} 400: unknown options, or more than 200 resources.
 */
async function toTemplate(
  models: ReadonlyMap<string, string>,
  ground: Ground,
  request: ArmRequest,
): Promise<ArmReply> {
  const { subscriptionId, resourceGroup } = request.params
  const { resources, options, outputFormat } = checkBody(MODEL, request.body ?? {})
  if (outputFormat !== undefined && !/^json$/i.test(String(outputFormat)))
    throw new ArmError(faults.invalidParameter('outputFormat'))
  const asked = optionsIn(options ?? '')
  const group = await requireGroup(ground.store, subscriptionId!, resourceGroup!)
  const rows = await rowsOf(ground, group, resources)
  const sent: Sent[] = []
  const details: JsonObject[] = []
  for (const row of rows.chosen) {
    if (/^Microsoft\.(?:Authorization|Resources)\//.test(row.type)) continue
    const told = await bodyOf(ground, request, models, row, rows.all)
    if (told === null) continue
    if ('body' in told) sent.push({ id: row.id, type: row.type, body: told.body as JsonObject })
    else if (!details.some(({ target }) => target === told.target)) details.push(told)
  }
  if (sent.length > RESOURCES_MAX) throw tooMany(sent.length)
  const template = exportedTemplate(group.id, sent, API_VERSION, asked)
  return { status: 200, body: { template, ...(details.length > 0 && { error: errorOf(details) }) } }
}

/** A body that can be sent, or why there is none; null: another resource makes it. */
async function bodyOf(
  ground: Ground,
  { caller, correlationId, from, base, level = 0, apiVersion }: ArmRequest,
  models: ReadonlyMap<string, string>,
  row: Resource,
  all: readonly Resource[],
): Promise<JsonObject | null> {
  const what = exportableOf(row, all)
  if (what === 'made-by-another') return null
  if (what !== 'whole') return notExported(row.id, what.why)
  const model = models.get(keyOf(row.type))
  if (model === undefined) return unknownType(row.type)
  const asked = { method: 'GET', path: row.id, apiVersion, body: null } as const
  try {
    const who = { caller, correlationId, from, base, level }
    const { body } = await ground.inside().ask(asked, who)
    return { body: checkBody(model, body!) as JsonObject }
  } catch (error) {
    if (!(error instanceof ArmError)) throw error
    return notExported(row.id, error.fault.message)
  }
}

/** What lies in a group, and what of it is asked for. @throws {ArmError} something else is named. */
async function rowsOf({ store }: Ground, group: Resource, resources: Json | undefined) {
  const all: Resource[] = []
  for await (const row of everyBelow(store, group.id)) all.push(row)
  const named = (Array.isArray(resources) ? resources : ['*']).map((each) => keyOf(String(each)))
  if (named.includes('*')) return { all, chosen: all }
  const missing = named.find((id) => !all.some((row) => keyOf(row.id) === id))
  if (missing !== undefined) throw new ArmError(faults.resourceNotFound(missing))
  return { all, chosen: all.filter(({ id }) => named.includes(keyOf(id))) }
}

/** @throws {ArmError} `InvalidParameter` */
function optionsIn(text: Json): Options {
  const given = String(text)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  const unknown = given.find((each) => !OPTIONS.some((one) => keyOf(one) === keyOf(each)))
  if (unknown !== undefined) throw new ArmError(faults.invalidParameter('options'))
  const has = (name: (typeof OPTIONS)[number]) => given.some((each) => keyOf(each) === keyOf(name))
  return {
    includeParameterDefaultValue: has('IncludeParameterDefaultValue'),
    includeComments: has('IncludeComments'),
    skipResourceNameParameterization: has('SkipResourceNameParameterization'),
    skipAllParameterization: has('SkipAllParameterization'),
  }
}

function notExported(target: string, why: string): JsonObject {
  const message = `The resource was not exported: ${why}.`.replace(/\.\.$/, '.')
  return { code: 'ExportTemplateProviderError', target, message }
}

function unknownType(type: string): JsonObject {
  const message = `The schema of resource type '${type}' is not available. Resources of this type will not be exported to the template.`
  return { code: 'ResourceTypeSchemaNotFound', target: type, message }
}

function errorOf(details: readonly JsonObject[]): JsonObject {
  return {
    code: 'ExportTemplateCompletedWithErrors',
    message:
      'Export template operation completed with errors. Some resources were not exported. Please see details for more information.',
    details: [...details],
  }
}

function tooMany(count: number): ArmError {
  return new ArmError({
    ...{ status: 400, code: 'ExportTemplateTooManyResources', target: 'resources' },
    message: `The template would have ${count} resources; at most ${RESOURCES_MAX} are exported at once: name some in 'resources'.`,
  })
}
