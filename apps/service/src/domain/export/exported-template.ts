import { keyOf, nameOf, parseResourceId, type ResourceId, typeOf } from '@trusted-launch/api'
import { escaped } from '@trusted-launch/template'
import type { Json, JsonObject } from '../store.ts'
import { anew, withSecrets } from './export-rules.ts'
import { type Options, TemplateNames } from './template-names.ts'

/** A resource as a client could send it. */
export interface Sent {
  readonly id: string
  readonly type: string
  readonly body: JsonObject
}

const SCHEMA = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#'

/**
 * A template that makes the same in another group. Names are parameters; an id of what is in it is a `resourceId(…)` and
 * makes a dependency, any other a parameter; a text that begins as an expression does is escaped.
 */
export function exportedTemplate(
  groupId: string,
  sent: readonly Sent[],
  apiVersion: string,
  options: Options,
): JsonObject {
  const names = new TemplateNames(options)
  const writer = new Writer(groupId, sent, names)
  const resources = sent.map((one) => {
    const { type, id } = one
    const parsed = parseResourceId(id)!
    const secret = (what: string) => names.secret(type, nameOf(parsed), what)
    const { location, properties, ...envelope } = anew(type, one.body)
    const { value, needs } = writer.written(one, { ...envelope, properties: properties ?? {} })
    const written = value as JsonObject
    return {
      ...(options.includeComments && { comments: `As it was in '${id}'.` }),
      ...{ type, apiVersion, name: writer.nameOf(parsed) },
      ...(typeof location === 'string' && { location: escaped(location) }),
      ...(needs.length > 0 && { dependsOn: needs }),
      ...written,
      properties: withSecrets(written.properties as JsonObject, secret),
    }
  })
  const { parameters } = names
  return { $schema: SCHEMA, contentVersion: '1.0.0.0', parameters, variables: {}, resources }
}

/** What is written of an id, and which resources it needs. */
class Writer {
  readonly #group: string
  readonly #within: ReadonlyMap<string, Sent>
  readonly #names: TemplateNames

  constructor(groupId: string, sent: readonly Sent[], names: TemplateNames) {
    this.#group = `${keyOf(groupId)}/`
    this.#within = new Map(sent.map((one) => [keyOf(one.id), one]))
    this.#names = names
  }

  /** `[parameters('virtualMachines_web_name')]`, and of a part of it `[concat(…, '/x')]`. */
  nameOf({ types, names }: ResourceId): string {
    const parts = this.#partsOf(types, names)
    return parts.length === 1 ? expression(parts[0]!) : `[concat(${parts.join(", '/', ")})]`
  }

  written(of: Sent, value: Json): { value: Json; needs: string[] } {
    const needs = new Set<string>()
    const parent = this.#holderOf(of.id.slice(0, of.id.lastIndexOf('/')))
    if (parent !== null) needs.add(parent.id)
    const write = (one: Json): Json => {
      if (typeof one === 'string') return this.#text(of, one, needs)
      if (Array.isArray(one)) return one.map(write)
      if (typeof one !== 'object' || one === null) return one
      return Object.fromEntries(
        Object.entries(one as JsonObject)
          .filter(([name]) => name !== 'etag' && !(name === 'id' && isPart(of, one as JsonObject)))
          .map(([name, each]) => [name, write(each)]),
      )
    }
    const result = write(value)
    const ids = [...needs].map((id) => this.#reference(parseResourceId(id)!))
    return { value: result, needs: ids }
  }

  #text(of: Sent, text: string, needs: Set<string>): string {
    const parsed = parseResourceId(text)
    if (parsed === null || parsed.namespace === null) return escaped(text)
    const holder = this.#holderOf(text)
    if (holder === null) return this.#names.ofOther(typeOf(parsed), nameOf(parsed), text)
    if (holder.id !== of.id) needs.add(holder.id)
    return this.#reference(parsed)
  }

  /** The resource of the template that an id is of, or is a part of. */
  #holderOf(id: string): Sent | null {
    if (!keyOf(id).startsWith(this.#group)) return null
    for (let each = keyOf(id); each.length > this.#group.length; ) {
      const found = this.#within.get(each)
      if (found !== undefined) return found
      each = each.slice(0, each.lastIndexOf('/'))
    }
    return null
  }

  #reference(id: ResourceId): string {
    const parts = this.#partsOf(id.types, id.names)
    return `[resourceId('${typeOf(id)}', ${parts.join(', ')})]`
  }

  /** The names of what is in the template are parameters; those of its parts are as they are. */
  #partsOf(types: readonly string[], names: readonly string[]): string[] {
    return names.map((name, i) =>
      i === 0 ? this.#names.ofResource(types[0]!, name) : `'${name.replaceAll("'", "''")}'`,
    )
  }
}

function expression(part: string): string {
  return part.startsWith("'") ? escaped(part.slice(1, -1).replaceAll("''", "'")) : `[${part}]`
}

/** A part of a resource, which says which id it has; what only has an id names another. */
function isPart({ id: whole }: Sent, { id, name }: JsonObject): boolean {
  const isWithin = typeof id === 'string' && keyOf(id).startsWith(`${keyOf(whole)}/`)
  return isWithin && typeof name === 'string' && keyOf(id).endsWith(`/${keyOf(name)}`)
}
