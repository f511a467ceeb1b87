import { type Context, type Json, type JsonObject, type Plan, planTemplate } from '../src/index.ts'

export const SUBSCRIPTION = '11111111-2222-4333-8444-555555555555'
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`

export const context: Context = {
  subscriptionId: SUBSCRIPTION,
  resourceGroup: 'rg',
  told: {
    resourceGroup: { id: GROUP, name: 'rg', location: 'local', tags: { a: 'b' } },
    subscription: { id: `/subscriptions/${SUBSCRIPTION}`, subscriptionId: SUBSCRIPTION },
    tenant: { tenantId: 'tenant' },
    environment: { name: 'own' },
    deployment: { name: 'first', properties: { mode: 'Incremental' } },
  },
  provider: (namespace, type) =>
    namespace === 'Microsoft.Compute'
      ? { resourceType: type, apiVersions: ['2026-04-01'], locations: ['local'] }
      : null,
  now: 1_700_000_000_000,
  seed: 'seed',
}

export const template = (rest: object = {}): any => ({
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  resources: [],
  ...rest,
})

export function plan(rest: object, given: Record<string, Json> = {}): Plan {
  const parameters = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, { value }]),
  )
  return planTemplate(template(rest), parameters as JsonObject, context)
}

/** What an expression comes to, in a template with these parameters. */
export function value(expression: string, given: Record<string, Json> = {}): Json {
  const parameters = Object.fromEntries(
    Object.entries(given).map(([name, one]) => [name, { type: typeOf(one) }]),
  )
  const { resources } = plan(
    { parameters, resources: [resource({ properties: { v: expression } })] },
    given,
  )
  return (resources[0]!.body(() => undefined).properties as JsonObject).v!
}

function typeOf(one: Json): string {
  if (Array.isArray(one)) return 'array'
  return typeof one === 'number' ? 'int' : typeof one === 'boolean' ? 'bool' : typeof one
}

export const resource = (rest: object = {}): any => ({
  ...{ type: 'Microsoft.Network/virtualNetworks', apiVersion: '2024-05-01', name: 'net' },
  ...rest,
})
