import type { JsonObject } from './json.ts'

export type ProvisioningState =
  | 'Creating'
  | 'Updating'
  | 'Deleting'
  | 'Succeeded'
  | 'Failed'
  | 'Canceled'

/** A resource as it is kept: what was asked for, and what was found. */
export interface Resource {
  readonly id: string
  /** `Microsoft.Compute/virtualMachines` */
  readonly type: string
  readonly name: string
  readonly subscriptionId: string
  /** Null: a subscription, or what lies in one directly. */
  readonly resourceGroup: string | null
  /** The id of the resource that it is a part of or extends, or null. */
  readonly parentId: string | null
  readonly location: string | null
  readonly tags: Readonly<Record<string, string>>
  /** `identity`, `zones`, `plan`, `sku`, `kind` …: what stands beside `properties`. */
  readonly envelope: JsonObject
  /** `properties` as asked for, defaults filled in. */
  readonly properties: JsonObject
  /** What the service found out or decided; never sent by a client. */
  readonly state: JsonObject
  readonly provisioningState: ProvisioningState
  /** New at each write. */
  readonly etag: string
  readonly createdAt: number
  readonly changedAt: number
}

export interface ResourceQuery {
  readonly type: string
  readonly subscriptionId?: string
  readonly resourceGroup?: string
  readonly parentId?: string
  /**
   * Only those in whose properties or state this stands, in any case of letters: an id, or what it begins with.
   * What it is there for, they tell themselves.
   */
  readonly naming?: string
  /** The key (`keyOf(id)`) of the last one seen: those after it. */
  readonly after?: string
  /** At most 1,000. */
  readonly limit: number
}

export interface Resources {
  get(id: string): Promise<Resource | null>
  /** In the order of their keys. */
  list(query: ResourceQuery): Promise<readonly Resource[]>
  /** All below a scope (a subscription, group or resource), any type; by key, those after one as in `list`. */
  below(scope: string, limit: number, after?: string): Promise<readonly Resource[]>
  count(query: Omit<ResourceQuery, 'after' | 'limit'>): Promise<number>
  /** Of a number in the properties of all of a type; one that is not there is 0. */
  sum(type: string, property: string): Promise<number>
  /** @throws {StoreError} `store-exists` */
  insert(resource: Omit<Resource, 'etag' | 'changedAt'>, at: number): Promise<Resource>
  /**
   * Writes over the one that is there. `etag`: only if it is still this one.
   * @throws {StoreError} `store-missing`, `store-changed`
   */
  update(
    id: string,
    change: Partial<Omit<Resource, 'id' | 'type' | 'etag' | 'createdAt' | 'changedAt'>>,
    at: number,
    etag?: string,
  ): Promise<Resource>
  /** @returns whether there was one. @throws {StoreError} `store-changed` */
  delete(id: string, etag?: string): Promise<boolean>
}
