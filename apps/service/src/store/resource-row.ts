import { keyOf } from '@trusted-launch/api'
import type { ProvisioningState, Resource } from '../domain/store.ts'
import { fromJson, toJson } from './json.ts'
import type { ResourceRow } from './schema.ts'

export type ResourceChange = Partial<Omit<Resource, 'id' | 'type' | 'etag' | 'createdAt'>>

export function resourceOf(row: ResourceRow): Resource {
  return {
    id: row.id,
    type: row.type,
    name: row.name,
    subscriptionId: row.subscription_id,
    resourceGroup: row.resource_group,
    parentId: row.parent_id,
    location: row.location,
    tags: fromJson<Record<string, string>>(row.tags),
    envelope: fromJson(row.envelope),
    properties: fromJson(row.properties),
    state: fromJson(row.state),
    provisioningState: row.provisioning_state as ProvisioningState,
    etag: row.etag,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  }
}

export function rowOf(resource: Resource): ResourceRow {
  return {
    key: keyOf(resource.id),
    id: resource.id,
    type: resource.type,
    type_key: keyOf(resource.type),
    name: resource.name,
    subscription_id: resource.subscriptionId,
    resource_group: resource.resourceGroup,
    parent_id: resource.parentId,
    parent_key: resource.parentId === null ? null : keyOf(resource.parentId),
    location: resource.location,
    tags: toJson(resource.tags),
    envelope: toJson(resource.envelope),
    properties: toJson(resource.properties),
    state: toJson(resource.state),
    provisioning_state: resource.provisioningState,
    etag: resource.etag,
    created_at: resource.createdAt,
    changed_at: resource.changedAt,
  }
}

/** The columns of what is changed, and no others. */
export function columnsOf(change: ResourceChange): Partial<ResourceRow> {
  const { parentId, tags, envelope, properties, state } = change
  const said = <K extends string, T>(name: K, value: T | undefined) =>
    (value === undefined ? {} : { [name]: value }) as { [k in K]?: T }
  return {
    ...said('name', change.name),
    ...said('subscription_id', change.subscriptionId),
    ...said('resource_group', change.resourceGroup),
    ...said('location', change.location),
    ...said('provisioning_state', change.provisioningState),
    ...said('changed_at', change.changedAt),
    ...(parentId !== undefined && {
      parent_id: parentId,
      parent_key: parentId === null ? null : keyOf(parentId),
    }),
    ...(tags !== undefined && { tags: toJson(tags) }),
    ...(envelope !== undefined && { envelope: toJson(envelope) }),
    ...(properties !== undefined && { properties: toJson(properties) }),
    ...(state !== undefined && { state: toJson(state) }),
  }
}
