import type { Budget } from './budget.ts'
import type { Json, JsonObject } from './value.ts'

/** What a deployment is, and where: all that its functions tell. */
export interface Context {
  readonly subscriptionId: string
  /** Null: it is a subscription's. */
  readonly resourceGroup: string | null
  /** What `resourceGroup()`, `subscription()`, `tenant()`, `environment()` and `deployment()` give. */
  readonly told: {
    readonly resourceGroup: JsonObject | null
    readonly subscription: JsonObject
    readonly tenant: JsonObject
    readonly environment: JsonObject
    readonly deployment: JsonObject
  }
  /** What `providers(namespace, type)` gives; null: there is no such provider or type. */
  readonly provider: (namespace: string, type: string | null) => JsonObject | null
  /** Milliseconds since 1970: `utcNow`. */
  readonly now: number
  /** What `newGuid` comes of: chance, the same for the same deployment. */
  readonly seed: string
}

/** The state of a resource; undefined: not known yet. `isFull`: all of it, in place of its `properties`. */
export type References = (
  id: string,
  apiVersion: string | null,
  isFull: boolean,
) => Json | undefined

/** What `reference('name')` may mean: the id, or null. */
export type Named = (name: string) => string | null

/** A function that a template declares. */
export interface UserFunction {
  readonly parameters: readonly { readonly name: string }[]
  readonly output: { readonly value: Json }
}

/** What names stand for at some place of a template. */
export interface Names {
  /** @throws {TemplateError} there is none, or it may not be used here. */
  parameter(name: string): Json
  /** @throws {TemplateError} */
  variable(name: string): Json
  userFunction(name: string): UserFunction | null
}

export interface Loop {
  readonly name: string
  readonly index: number
  /** `copyIndex()` without a name is that of a resource. */
  readonly isOfResource: boolean
}

/** Where an expression is evaluated. */
export interface Environment {
  readonly context: Context
  readonly budget: Budget
  readonly names: Names
  /** The loops around it, the innermost last. */
  readonly loops: readonly Loop[]
  readonly lambdas: Readonly<Record<string, Json>>
  /** Null: nothing is deployed yet, and no state is to be had. */
  readonly references: References | null
  readonly named: Named
  /** The parameter whose default it is: `newGuid` and `utcNow` are for those alone. Null: it is none. */
  readonly defaultOf: string | null
}
