import type { Words } from '../engine.ts'

/** The VMs that prove themselves again and again, and whose turn it is to be asked. */
export const due = {
  name: 'due',
  statements: ({ text, integer }: Words): readonly string[] => [
    `create table due (
      vm_key ${text} not null primary key, resource_id ${text} not null, subscription_key ${text} not null,
      due ${integer}, unanswered ${integer} not null, watch ${text} not null,
      owner ${text}, epoch ${integer} not null, lease_until ${integer} not null)`,
    'create index due_of_answering on due (subscription_key, due) where unanswered = 0',
    'create index due_of_others on due (subscription_key, due) where unanswered > 0',
  ],
}
