import type { Words } from '../engine.ts'
import { keepAllNames } from '../names.ts'

/** What is named is found in an index: who deletes something asks who else uses it. */
export const names = {
  name: 'names',
  statements: ({ text }: Words): readonly string[] => [
    `create table names (key ${text} not null, name ${text} not null, primary key (key, name))`,
    'create index names_by_name on names (name, key)',
  ],
  fill: keepAllNames,
}
