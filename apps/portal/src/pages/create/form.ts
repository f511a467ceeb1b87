import { createContext, useContext } from 'react'
import type { Draft, Secrets, Step } from './draft.ts'
import { type Faults, FIELDS, type Field, type Known } from './faults.ts'

/** What every step reads and changes. */
export interface Form {
  readonly draft: Draft
  readonly change: (to: Partial<Draft>) => void
  readonly secrets: Secrets
  readonly tell: (to: Partial<Secrets>) => void
  readonly known: Known
  readonly faults: Faults
  /** A step's faults are shown once somebody wanted to go on from it. */
  readonly checked: ReadonlySet<Step>
}

export const FormContext = createContext<Form | null>(null)

export function useForm(): Form {
  return useContext(FormContext)!
}

/** What a field says of its fault: beside it, and to who does not see it. */
export function useFault(field: Field) {
  const { faults, checked } = useForm()
  const fault = checked.has(FIELDS[field]) ? faults[field] : undefined
  return fault === undefined
    ? {}
    : ({ validationState: 'error', validationMessage: fault } as const)
}
