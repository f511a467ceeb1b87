import type { Words } from '../engine.ts'

/** What happened, for whoever listens, and how far each destination of alerts has been told. */
export const events = {
  name: 'events',
  statements: ({ text, integer }: Words): readonly string[] => [
    `create table events (
      sequence ${integer} not null primary key, id ${text} not null, at ${integer} not null,
      kind ${text} not null, subscription_key ${text} not null,
      resource_id ${text} not null, data ${text} not null)`,
    'create index events_by_subscription on events (subscription_key, kind, sequence)',
    'create index events_by_kind on events (kind, sequence)',
    `create table deliveries (
      key ${text} not null primary key, cursor ${integer} not null, attempts ${integer} not null,
      next_at ${integer} not null, error ${text}, delivered ${integer} not null,
      delivered_at ${integer}, lost ${integer} not null)`,
    `create table dead_letters (
      key ${text} not null primary key, destination_key ${text} not null,
      sequence ${integer} not null, at ${integer} not null, why ${text} not null,
      event ${text} not null, again ${integer} not null)`,
    'create index dead_letters_of_destination on dead_letters (destination_key, sequence)',
  ],
}
