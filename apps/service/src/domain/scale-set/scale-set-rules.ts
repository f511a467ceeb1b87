import type { JsonObject, Tables } from '../store.ts'
import type { VmRules } from '../vm/plan-vm.ts'
import type { ModelSecrets } from './instance-properties.ts'

/** What decides about scale sets beside what is asked, and about their instances. */
export interface ScaleSetRules extends VmRules {
  /** Paths that are kept and have no effect. */
  readonly notEnforcedOfSets: (body: JsonObject) => readonly string[]
  readonly refusedOfSets: (body: JsonObject) => readonly string[]
  /** What later instances are given, sealed. */
  readonly keepSecrets: (tables: Tables, uniqueId: string, secrets: ModelSecrets) => Promise<void>
  readonly secretsOf: (tables: Tables, uniqueId: string) => Promise<ModelSecrets>
}

/** Where a set's secrets are kept, sealed. */
export function secretsName(uniqueId: string): string {
  return `scale-set/${uniqueId}`
}

export async function forgetSecrets(
  { values }: Pick<Tables, 'values'>,
  uniqueId: string,
): Promise<void> {
  await values.delete(secretsName(uniqueId))
}
