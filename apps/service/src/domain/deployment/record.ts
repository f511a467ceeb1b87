import { ArmError } from '@trusted-launch/api'
import { type Budget, type Plan, planTemplate, TemplateError } from '@trusted-launch/template'
import type { JsonObject, Tables } from '../store.ts'
import { contextOf } from './context.ts'
import type { OnBehalf } from './inside.ts'

/** What of a deployment is kept sealed while it runs, and gone after: its parameters may be secret. */
export interface DeploymentRecord extends OnBehalf {
  readonly id: string
  readonly mode: 'Incremental' | 'Complete'
  readonly template: JsonObject
  /** As given: `{ "name": { "value": … } }` */
  readonly parameters: JsonObject
  /** Milliseconds since 1970, and chance: what `utcNow` and `newGuid` give, however often it is read again. */
  readonly at: number
  readonly seed: string
  /** Whether this service's own issuer knows who deploys: then they must stay there, and enabled. */
  readonly isOwnPrincipal: boolean
}

/** A record's name among the sealed values. */
export const recordKey = (run: string): string => `deployment/${run}`

/** The same plan each time, as long as the place is the same. @throws {ArmError} `InvalidTemplate`, `JobSizeExceeded` */
export async function planOf(
  tables: Pick<Tables, 'resources'>,
  record: DeploymentRecord,
  types: readonly string[],
  isMasked = false,
  budget?: Budget,
): Promise<Plan> {
  const context = await contextOf(tables, record, types)
  return asFault(() => planTemplate(record.template, record.parameters, context, isMasked, budget))
}

/** @throws {ArmError} what the language says of a template, in Azure's words. */
export function asFault<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const message = `Deployment template validation failed: '${error.message}'.`
    const target = error.path === '' ? {} : { target: error.path }
    throw new ArmError({ status: 400, code: error.code, message, ...target }, { cause: error })
  }
}
