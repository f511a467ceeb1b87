import type { Words } from '../engine.ts'

/** Who answers late has turns with those that do not answer. */
export const slow = {
  name: 'slow',
  statements: ({ integer }: Words): readonly string[] => [
    `alter table due add column slow ${integer} not null default 0`,
    'drop index due_of_answering',
    'drop index due_of_others',
    'create index due_of_prompt on due (subscription_key, due) where unanswered + slow = 0',
    'create index due_of_others on due (subscription_key, due) where unanswered + slow > 0',
  ],
}
