import { ArmError, faults, keyOf } from '@trusted-launch/api'
import type { JsonObject, Resource, Store } from '../domain/store.ts'
import { clausesOf } from './filter.ts'
import { pageOf } from './page.ts'
import type { ArmReply, ArmRequest } from './route.ts'

/** What lies in a subscription or group, of every type, in short: no parts of others, nothing that extends others. */
export function contentsOf(
  { resources }: Store,
  scope: string,
  request: ArmRequest,
): Promise<ArmReply> {
  const wanted = filterIn(request)
  const isFrame = ({ type, parentId }: Resource) =>
    parentId !== null || type.startsWith('Microsoft.Resources/')
  return pageOf(
    request,
    (after, limit) => resources.below(scope, limit, after ?? undefined),
    (one) => shortView(one, request.query.$expand ?? ''),
    (one) => !isFrame(one) && wanted(one),
  )
}

/** What a `$filter` of resources or groups asks for. @throws {ArmError} `InvalidFilterInQueryString` */
export function filterIn({ query: { $filter } }: ArmRequest): (one: Resource) => boolean {
  const clauses = clausesOf($filter) ?? refused($filter!)
  const tag = clauses.find(({ name }) => name === 'tagname')?.value
  const tests = clauses.map(({ name, verb, value }): Test => {
    if (verb !== 'eq') return refused($filter!)
    if (name === 'tagname') return (one) => tagOf(one, value) !== undefined
    if (name === 'tagvalue' && tag !== undefined) return (one) => tagOf(one, tag) === value
    const member = members[name] ?? refused($filter!)
    return (one) => keyOf(member(one) ?? '') === keyOf(value)
  })
  return (one) => tests.every((test) => test(one))
}

function refused(filter: string): never {
  throw new ArmError(faults.invalidFilter(filter))
}

type Test = (one: Resource) => boolean

const members: Readonly<Record<string, (one: Resource) => string | null>> = {
  resourcetype: ({ type }) => type,
  resourcegroup: ({ resourceGroup }) => resourceGroup,
  location: ({ location }) => location,
  name: ({ name }) => name,
}

/** Names of tags are the same in any case of letters, values are not. */
function tagOf({ tags }: Resource, name: string): string | undefined {
  return Object.entries(tags).find(([one]) => keyOf(one) === keyOf(name))?.[1]
}

function shortView(one: Resource, expand: string): JsonObject {
  const { id, name, type, location, tags, envelope, provisioningState } = one
  const asked = (what: string) => new RegExp(`\\b${what}\\b`, 'i').test(expand)
  return {
    ...{ id, name, type, location, tags },
    ...envelope,
    ...(asked('createdTime') && { createdTime: new Date(one.createdAt).toISOString() }),
    ...(asked('changedTime') && { changedTime: new Date(one.changedAt).toISOString() }),
    ...(asked('provisioningState') && { provisioningState }),
  }
}
