import type { Words } from '../engine.ts'
import { fillAbove } from '../operation-row.ts'

/** What an operation's resource lies in stands beside it: who looks for the next one reads no other. */
export const above = {
  name: 'above',
  statements: ({ text }: Words): readonly string[] => [
    `alter table operations add column above ${text} not null default '[]'`,
    // All that is asked of the many that wait: their rows are long.
    'drop index operations_unfinished',
    `create index operations_unfinished on operations
      (sequence, kind, principal, host, lease_until, resource_key) where ended_at is null`,
  ],
  fill: fillAbove,
}
