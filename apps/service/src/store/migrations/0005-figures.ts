import type { Words } from '../engine.ts'

/** What is counted for who watches the service is counted in an index: a row of a VM is long. */
export const figures = {
  name: 'figures',
  statements: (words: Words): readonly string[] => [
    `create index resources_by_integrity on resources (type_key, (${words.member('state', 'integrity')}))`,
    'create index due_in_order on due (due) where due is not null',
    `create index due_by_answer on due ((${answered(words)})) where due is not null`,
  ],
}

/** When a VM was asked that answered, as a number. */
export function answered({ member, integer }: Words): string {
  return `cast(nullif(${member('watch', 'answered')}, 'null') as ${integer})`
}
