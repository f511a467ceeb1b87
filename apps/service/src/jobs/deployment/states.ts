import { type JsonObject as Json, NeedsReference, type References } from '@trusted-launch/template'
import { asFault } from '../../domain/deployment/record.ts'

/** How many states one part of a template may ask for. */
const STATES_MAX = 1_000

/** Evaluates what needs the state of resources: each that it asks for is read once, and it begins again. @throws {ArmError} */
export async function withStates<T>(
  read: (id: string, apiVersion: string | null) => Promise<Json>,
  evaluate: (references: References) => T,
): Promise<T> {
  const known = new Map<string, Json>()
  const keyOf = (id: string, apiVersion: string | null) => `${id.toLowerCase()}?${apiVersion}`
  const references: References = (id, apiVersion, isFull) => {
    const state = known.get(keyOf(id, apiVersion))
    if (state === undefined) return undefined
    return isFull ? state : (state.properties ?? {})
  }
  for (let count = 0; ; count++) {
    try {
      return asFault(() => evaluate(references))
    } catch (error) {
      if (!(error instanceof NeedsReference) || count >= STATES_MAX) throw error
      known.set(keyOf(error.id, error.apiVersion), await read(error.id, error.apiVersion))
    }
  }
}
