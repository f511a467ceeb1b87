import { type Call, MANY, type TemplateFunction } from '../call.ts'
import { NeedsReference } from '../errors.ts'
import { idWithin, withinProviders } from '../resource-ids.ts'
import type { Json } from '../value.ts'

/** The type is the first argument with a slash; what stands before it says where. */
function taken(call: Call, before: number): { where: string[]; type: string; names: string[] } {
  const texts = call.texts()
  const at = texts.findIndex((text) => text.includes('/'))
  if (at < 0 || at > before) return call.fail('the type is missing')
  // Azure's quickstarts end some with a slash.
  const type = texts[at]!.replace(/\/$/, '')
  return { where: texts.slice(0, at), type, names: texts.slice(at + 1) }
}

function resourceId(call: Call): string {
  const { where, type, names } = taken(call, 2)
  const { subscriptionId, resourceGroup } = call.environment.context
  const group = where.length === 0 ? resourceGroup : where.at(-1)!
  return idWithin(where.length === 2 ? where[0]! : subscriptionId, group, type, names)
}

function subscriptionResourceId(call: Call): string {
  const { where, type, names } = taken(call, 1)
  return idWithin(where[0] ?? call.environment.context.subscriptionId, null, type, names)
}

function extensionResourceId(call: Call): string {
  const [scope, type, ...names] = call.texts()
  return `${scope!.replace(/\/+$/, '')}${withinProviders(type!, names)}`
}

function tenantResourceId(call: Call): string {
  const [type, ...names] = call.texts()
  return withinProviders(type!, names)
}

/** What is so of a resource once it is there: its properties, or all of it. */
function reference(call: Call): Json {
  const { references, named } = call.environment
  const name = call.text(0)
  const id = name.startsWith('/') ? name : named(name)
  if (id === null) return call.fail(`'${name}' is no resource of the template, and no id`)
  const apiVersion = call.count > 1 ? call.text(1) : null
  const isFull = call.count > 2 && /^full$/i.test(call.text(2))
  if (references === null) return call.fail('it is not expected at this location')
  const found = references(id, apiVersion, isFull)
  if (found === undefined) throw new NeedsReference(id, apiVersion)
  return found
}

function providers(call: Call): Json {
  const type = call.count > 1 ? call.text(1) : null
  const found = call.environment.context.provider(call.text(0), type)
  return found ?? call.fail(`there is no ${[call.text(0), type].filter(Boolean).join('/')} here`)
}

export const resourceFunctions: Readonly<Record<string, TemplateFunction>> = {
  resourceId: { takes: [2, MANY], give: resourceId },
  subscriptionResourceId: { takes: [2, MANY], give: subscriptionResourceId },
  extensionResourceId: { takes: [3, MANY], give: extensionResourceId },
  tenantResourceId: { takes: [2, MANY], give: tenantResourceId },
  reference: { takes: [1, 3], give: reference },
  providers: { takes: [1, 2], give: providers },
  resourceGroup: {
    takes: [0, 0],
    give: (call) =>
      call.environment.context.told.resourceGroup ?? call.fail('the deployment has no group'),
  },
  subscription: { takes: [0, 0], give: ({ environment }) => environment.context.told.subscription },
  tenant: { takes: [0, 0], give: ({ environment }) => environment.context.told.tenant },
}
