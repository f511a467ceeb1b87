import { keyOf } from '@trusted-launch/api'
import { escaped } from '@trusted-launch/template'
import type { JsonObject } from '../store.ts'

const PARAMETERS_MAX = 256

/** What a template's parameters are to be. */
export interface Options {
  readonly includeParameterDefaultValue: boolean
  readonly includeComments: boolean
  readonly skipResourceNameParameterization: boolean
  readonly skipAllParameterization: boolean
}

/** The parameters of a template that is being written, each of a name of its own. At most 256: what comes after is written out. */
export class TemplateNames {
  readonly parameters: Record<string, JsonObject> = {}
  readonly #options: Options
  readonly #known = new Map<string, string>()

  constructor(options: Options) {
    this.#options = options
  }

  /** A resource's name, as part of an expression. */
  ofResource(type: string, name: string): string {
    const { skipAllParameterization, skipResourceNameParameterization } = this.#options
    if (skipAllParameterization || skipResourceNameParameterization) return quoted(name)
    return this.#parameter(`${wordOf(type, name)}_name`, name)
  }

  /** The id of what the template does not make, as a text of it. */
  ofOther(type: string, name: string, id: string): string {
    if (this.#options.skipAllParameterization) return escaped(id)
    return `[${this.#parameter(`${wordOf(type, name)}_externalid`, id)}]`
  }

  /** What is never told: whoever deploys gives it. */
  secret(type: string, name: string, what: string): string {
    const parameter = this.#free(`${wordOf(type, name)}_${what}`)
    this.parameters[parameter] = { type: 'SecureString' }
    return `[parameters('${parameter}')]`
  }

  #parameter(wanted: string, value: string): string {
    const key = keyOf(`${wanted} ${value}`)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (Object.keys(this.parameters).length >= PARAMETERS_MAX) return quoted(value)
    const parameter = this.#free(wanted)
    const { includeParameterDefaultValue } = this.#options
    this.parameters[parameter] = {
      ...(includeParameterDefaultValue && { defaultValue: escaped(value) }),
      type: 'String',
    }
    const part = `parameters('${parameter}')`
    this.#known.set(key, part)
    return part
  }

  #free(wanted: string): string {
    const taken = new Set(Object.keys(this.parameters).map(keyOf))
    for (let i = 0; ; i++) {
      const name = i === 0 ? wanted : `${wanted}_${i}`
      if (!taken.has(keyOf(name))) return name
    }
  }
}

/** `virtualMachines_web`: what the resource is, in letters that names of parameters may have. */
function wordOf(type: string, name: string): string {
  return `${type.split('/').at(-1)}_${name.replace(/\W/g, '_')}`
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
