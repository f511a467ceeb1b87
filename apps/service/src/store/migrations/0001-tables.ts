import type { Words } from '../engine.ts'

/** Everything. */
export const tables = {
  name: 'tables',
  statements: ({ text, integer, bytes, appendOnly }: Words): readonly string[] => [
    `create table resources (
      key ${text} not null primary key, id ${text} not null,
      type ${text} not null, type_key ${text} not null, name ${text} not null,
      subscription_id ${text} not null, resource_group ${text},
      parent_id ${text}, parent_key ${text}, location ${text},
      tags ${text} not null, envelope ${text} not null, properties ${text} not null, state ${text} not null,
      provisioning_state ${text} not null, etag ${text} not null,
      created_at ${integer} not null, changed_at ${integer} not null)`,
    'create index resources_by_type on resources (type_key, key)',
    'create index resources_by_parent on resources (parent_key, type_key, key) where parent_key is not null',

    `create table operations (
      sequence ${integer} not null primary key, id ${text} not null unique,
      kind ${text} not null, resource_id ${text} not null, resource_key ${text} not null,
      subscription_id ${text} not null, subscription_key ${text} not null,
      location ${text} not null, host ${text}, input ${text} not null,
      status ${text} not null, percent ${integer} not null, step ${text}, progress ${text} not null,
      result ${text}, error ${text}, cancel_requested ${integer} not null,
      principal ${text} not null, correlation_id ${text} not null,
      created_at ${integer} not null, started_at ${integer}, ended_at ${integer},
      owner ${text}, epoch ${integer} not null, lease_until ${integer} not null)`,
    'create index operations_unfinished on operations (sequence) where ended_at is null',
    'create index operations_unfinished_of_resource on operations (resource_key, sequence) where ended_at is null',
    'create index operations_by_resource on operations (resource_key, sequence)',
    'create index operations_by_subscription on operations (subscription_key, sequence)',
    'create index operations_ended on operations (ended_at) where ended_at is not null',

    `create table leases (
      name ${text} not null primary key, owner ${text} not null,
      epoch ${integer} not null, until ${integer} not null)`,

    `create table audit (
      sequence ${integer} not null primary key, at ${integer} not null,
      subscription_key ${text}, resource_key ${text} not null,
      entry ${text} not null, hash ${text} not null)`,
    'create index audit_by_time on audit (at, sequence)',
    'create index audit_by_subscription on audit (subscription_key, at, sequence)',
    'create index audit_by_resource on audit (resource_key, at, sequence)',
    ...appendOnly('audit'),

    `create table principals (
      id ${text} not null primary key, sign_in_name ${text} not null, sign_in_key ${text} not null unique,
      kind ${text} not null, display_name ${text} not null, secret_hash ${text},
      disabled ${integer} not null, created_at ${integer} not null)`,

    `create table stored_values (
      name ${text} not null primary key, value ${bytes} not null, expires_at ${integer})`,
    'create index stored_values_expiring on stored_values (expires_at) where expires_at is not null',

    `create table attestations (
      id ${text} not null primary key, vm_id ${text} not null, vm_key ${text} not null,
      at ${integer} not null, tier ${text} not null, result ${text} not null, record ${bytes} not null)`,
    'create index attestations_of_vm on attestations (vm_key, at, id)',
  ],
}
