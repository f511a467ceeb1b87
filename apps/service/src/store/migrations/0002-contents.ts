import type { Words } from '../engine.ts'

/** Records are kept by what is new in them; findings stand beside them, and no result a second time. */
export const contents = {
  name: 'contents',
  statements: ({ text, integer, bytes, member }: Words): readonly string[] => [
    `create table contents (
      number ${integer} not null primary key, hash ${text} not null unique, bytes ${bytes} not null)`,
    `alter table attestations add column findings ${text} not null default '[]'`,
    `update attestations set findings = coalesce(${member('result', 'findings')}, '[]')`,
    'alter table attestations drop column result',
    'alter table attestations drop column vm_id',
    `alter table attestations add column base ${integer}`,
    `alter table attestations add column shared ${integer}`,
    `alter table attestations add column shared_at ${integer}`,
    'create index attestations_by_base on attestations (base) where base is not null',
    'create index attestations_by_shared on attestations (shared) where shared is not null',
  ],
}
