import type { Field, Model } from './read-models.ts'

/** A kind of value: a leaf, the name of another table, or many of either. */
export type Kind = string
/** Name → kind; a kind that ends in `!` is of answers only. */
export type Table = Readonly<Record<string, Kind>>

/** The tables of some types and of all they are made of, as they are on the wire. */
export function tablesOf(
  models: ReadonlyMap<string, Model>,
  roots: readonly string[],
): Record<string, Table> {
  const tables: Record<string, Table> = {}
  const open = [...roots]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (tables[name] !== undefined) continue
    tables[name] = tableOf(models, name)
    for (const kind of Object.values(tables[name]!)) {
      const inner = kind.replace(/[[\]{}!]/g, '')
      if (models.has(inner)) open.push(inner)
    }
  }
  return Object.fromEntries(Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The libraries lift what is in `properties` on the wire beside the rest. */
function tableOf(models: ReadonlyMap<string, Model>, name: string): Table {
  const all = allFields(models, name)
  const lifted = liftedOf(models, name, all)
  const isLifted = (field: Field) => lifted?.fields.some((one) => one.name === field.name) ?? false
  const rows: [string, Kind][] = all
    .filter((field) => !isLifted(field) && !isRenamed(field))
    .map((field) => wireRow(models, field, name))
  return Object.fromEntries(lifted === null ? rows : [...rows, ['properties', lifted.name]])
}

/** Lifted out of something else than `properties`. */
const LIFTED: Readonly<Record<string, Readonly<Record<string, [string, Kind]>>>> = {
  IpamPoolPrefixAllocation: { id: ['pool', 'SubResource'] },
}

function wireRow(models: ReadonlyMap<string, Model>, field: Field, type: string): [string, Kind] {
  return LIFTED[type]?.[field.name] ?? [field.name, kindOf(models, field)]
}

/** What a type's `properties` are made of: the model called so whose members all stand in the type. */
function liftedOf(models: ReadonlyMap<string, Model>, name: string, all: readonly Field[]) {
  const stem = name.replace(/Update$/, '')
  const names = [name, stem].flatMap((each) => [`${each}Properties`, `${each}PropertiesFormat`])
  for (const each of names) {
    const fields = allFields(models, each)
    const isIn = (field: Field) => field.readOnly || all.some((one) => one.name === field.name)
    if (fields.length > 0 && fields.every(isIn)) return { name: each, fields }
  }
  return null
}

/** A lifted `type` beside the resource's own: the library calls it so, the wire does not. */
const isRenamed = ({ name }: Field) => name === 'typePropertiesType'

function allFields(models: ReadonlyMap<string, Model>, name: string): readonly Field[] {
  const model = models.get(name)
  if (model === undefined) return []
  const base = model.base === null ? [] : allFields(models, model.base)
  return [
    ...base.filter(({ name: inherited }) => !model.fields.some((own) => own.name === inherited)),
    ...model.fields,
  ]
}

const LEAVES: Readonly<Record<string, Kind>> = {
  string: 'text',
  number: 'number',
  boolean: 'boolean',
  Date: 'text',
  any: 'any',
  Uint8Array: 'text',
}

function kindOf(models: ReadonlyMap<string, Model>, { type, readOnly }: Field): Kind {
  return wireKind(models, type) + (readOnly ? '!' : '')
}

function wireKind(models: ReadonlyMap<string, Model>, type: string): Kind {
  const plain = type.replace(/ \| (?:null|undefined)/g, '')
  if (plain.endsWith('[]')) return `[${wireKind(models, plain.slice(0, -2))}]`
  const values = /^Record<string, (.+)>$/.exec(plain)?.[1]
  if (values !== undefined) return `{${wireKind(models, values)}}`
  return LEAVES[plain] ?? (models.has(plain) ? plain : 'text')
}
