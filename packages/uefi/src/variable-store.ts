import { equalBytes } from '@trusted-launch/codec'
import {
  type AUTHENTICATED_VARIABLE,
  readEdk2Store,
  VAR_STATE,
  writeEdk2Store,
} from './edk2-store.ts'
import { type EFI_TIME, EFI_TIME_ZERO } from './efi-time.ts'
import { EFI_VARIABLE, sameVariable, type VariableName } from './variable.ts'

/** A variable as it is kept. */
export interface Variable extends VariableName {
  /** EFI_VARIABLE_* bits. */
  readonly attributes: number
  /** When it was signed; all zero for a variable that needs no signature. */
  readonly timeStamp: EFI_TIME
  readonly data: Uint8Array
}

/**
 * The variables of one machine: three verbs over values, and a copy with a change instead of a
 * change. It stores and gives back: what may be written is the firmware's to say, not the store's.
 */
export class VariableStore {
  readonly #variables: readonly Variable[]

  constructor(variables: readonly Variable[] = []) {
    this.#variables = variables
  }

  /** All variables, in the order they are kept. */
  list(): readonly Variable[] {
    return this.#variables
  }

  /** The variable of that name *and* GUID, or null. */
  get(variable: VariableName): Variable | null {
    return this.#variables.find((each) => sameVariable(each, variable)) ?? null
  }

  /** A store in which this variable has this value, in its old place or at the end. */
  with(variable: Variable): VariableStore {
    const at = this.#variables.findIndex((each) => sameVariable(each, variable))
    if (at < 0) return new VariableStore([...this.#variables, variable])
    return new VariableStore(this.#variables.with(at, variable))
  }

  /** A store without this variable. */
  without(variable: VariableName): VariableStore {
    return new VariableStore(this.#variables.filter((each) => !sameVariable(each, variable)))
  }
}

/** A variable that needs no signature, kept over resets: by default seen by the running system too. */
export function plainVariable(
  { name, guid }: VariableName,
  data: Uint8Array,
  attributes: number = EFI_VARIABLE.NON_VOLATILE |
    EFI_VARIABLE.BOOTSERVICE_ACCESS |
    EFI_VARIABLE.RUNTIME_ACCESS,
): Variable {
  return { name, guid, attributes, timeStamp: EFI_TIME_ZERO, data }
}

/**
 * The live variables of an OVMF variable store file: deleted records are left out, and a record in
 * transition counts only when its successor was never finished, as in edk2.
 * @throws {MalformedError} not an OVMF store of authenticated variables.
 */
export function decodeVariableStore(file: Uint8Array): VariableStore {
  const records = readEdk2Store(file)
  const live = new Map<string, Variable>()
  for (const state of [VAR_STATE.IN_DELETED_TRANSITION, VAR_STATE.ADDED])
    for (const record of records.filter((each) => each.state === state))
      live.set(`${record.vendorGuid} ${record.name}`, variableOf(record))
  return new VariableStore([...live.values()])
}

/**
 * An OVMF variable store file with exactly these variables.
 * @param template a store file of the same firmware (a blank one, or the VM's own): it gives the
 *   layout, never a variable.
 * @throws {MalformedError} the template is none. @throws {UefiError} a variable or all do not fit.
 */
export function encodeVariableStore(template: Uint8Array, store: VariableStore): Uint8Array {
  return writeEdk2Store(template, store.list().map(recordOf))
}

/** The two stores hold the same variables with the same values and attributes, in any order. */
export function sameVariables(a: VariableStore, b: VariableStore): boolean {
  if (a.list().length !== b.list().length) return false
  return a.list().every((one) => {
    const other = b.get(one)
    return other?.attributes === one.attributes && equalBytes(other.data, one.data)
  })
}

function variableOf(record: AUTHENTICATED_VARIABLE): Variable {
  const { name, vendorGuid: guid, attributes, timeStamp, data } = record
  return { name, guid, attributes, timeStamp, data }
}

function recordOf({ name, guid, attributes, timeStamp, data }: Variable): AUTHENTICATED_VARIABLE {
  return {
    state: VAR_STATE.ADDED,
    attributes,
    monotonicCount: 0n,
    timeStamp,
    pubKeyIndex: 0,
    vendorGuid: guid,
    name,
    data,
  }
}
