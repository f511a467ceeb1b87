/** A resource's id, taken apart. Ids are the same in any case of letters; names keep theirs. */
export interface ResourceId {
  readonly subscriptionId: string | null
  readonly resourceGroup: string | null
  /** `Microsoft.Compute`; null for a subscription or a resource group. */
  readonly namespace: string | null
  /** `['virtualMachines', 'extensions']` */
  readonly types: readonly string[]
  readonly names: readonly string[]
  /** The id it extends: what stands before its last `/providers/`. */
  readonly scope: string
}

const ID_MAX = 2048

/** Null: not an id (or one of more than 2,048 characters). */
export function parseResourceId(text: string): ResourceId | null {
  if (!text.startsWith('/') || text.length > ID_MAX) return null
  const at = lastProviders(text)
  const scope = at < 0 ? text : text.slice(0, at)
  const within = scopeOf(scope)
  if (within === null) return null
  if (at < 0) return { ...within, namespace: null, types: [], names: [], scope }
  const [namespace, ...rest] = text.slice(at + '/providers/'.length).split('/')
  if (!namespace || rest.length % 2 !== 0 || rest.length === 0 || rest.includes('')) return null
  const types = rest.filter((_, i) => i % 2 === 0)
  const names = rest.filter((_, i) => i % 2 === 1)
  return { ...within, namespace, types, names, scope }
}

function scopeOf(text: string): Pick<ResourceId, 'subscriptionId' | 'resourceGroup'> | null {
  const match =
    /^(?:\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?)?(\/providers\/.+)?$/i.exec(text)
  if (match === null) return null
  return { subscriptionId: match[1] ?? null, resourceGroup: match[2] ?? null }
}

/** Where its last `/providers/` begins, or -1. Never by the index into another case: letters like `İ` change their number. */
function lastProviders(text: string): number {
  let at = -1
  for (const { index } of text.matchAll(/\/providers(?=\/)/gi)) at = index
  return at
}

/** What two spellings of one id share. */
export function keyOf(id: string): string {
  return id.toLowerCase()
}

/** `Microsoft.Compute/virtualMachines/extensions` */
export function typeOf({ namespace, types }: ResourceId): string {
  return [namespace, ...types].join('/')
}

/** The last name: what the resource is called. */
export function nameOf({ names, resourceGroup, subscriptionId }: ResourceId): string {
  return names.at(-1) ?? resourceGroup ?? subscriptionId ?? ''
}
