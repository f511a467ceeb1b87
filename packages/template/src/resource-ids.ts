import { clip, TemplateError } from './errors.ts'

const GROUP_TYPE = 'microsoft.resources/resourcegroups'

/** `/providers/Microsoft.Compute/virtualMachines/web/extensions/x` of a type and its names. @throws {TemplateError} */
export function withinProviders(type: string, names: readonly string[]): string {
  const [namespace, ...types] = type.split('/')
  const parts = names.flatMap((name) => name.split('/'))
  if (!namespace || types.length === 0 || types.length !== parts.length || parts.includes(''))
    throw new TemplateError(
      `The type '${clip(type)}' and the name '${clip(names.join('/'))}' have incorrect segment lengths: a type has one segment more than its name.`,
    )
  return `/providers/${namespace}/${types.map((one, i) => `${one}/${parts[i]}`).join('/')}`
}

/** In a group, or in a subscription where there is none. A group lies in its subscription by another word. */
export function idWithin(
  subscriptionId: string,
  resourceGroup: string | null,
  type: string,
  names: readonly string[],
): string {
  const subscription = `/subscriptions/${subscriptionId}`
  if (type.toLowerCase() === GROUP_TYPE && names.length === 1)
    return `${subscription}/resourceGroups/${names[0]}`
  const scope = resourceGroup === null ? '' : `/resourceGroups/${resourceGroup}`
  return `${subscription}${scope}${withinProviders(type, names)}`
}

/** `Microsoft.Compute/virtualMachines/web` as an id in that scope; an id stays. */
export function absolute(text: string, scope: string): string {
  if (text.startsWith('/')) return text.replace(/\/+$/, '')
  const [namespace, ...rest] = text.split('/')
  return `${scope}/providers/${[namespace, ...rest].join('/')}`
}

export const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
