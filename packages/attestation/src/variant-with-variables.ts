import { encode, fromHex, toHex } from '@trusted-launch/codec'
import { DIGEST_SIZE, digest, extendAll, type HashName } from '@trusted-launch/crypto'
import { UEFI_VARIABLE_DATA, VARIABLES } from '@trusted-launch/uefi'
import { COMPONENT } from './component.ts'
import { secureBootPcr } from './measured-variables.ts'
import type { ReferenceEvent, ReferenceVariant } from './reference-variant.ts'

/** The values of variables that a boot measures. */
export type VariableValues = Readonly<Record<'KEK' | 'db' | 'dbx', Uint8Array>>

/**
 * A variant as a boot has it whose firmware holds these values of KEK, db and dbx, and that is otherwise the same. It
 * says nothing of whether they are good: who changes them answers for that. Null: what the variant has of PCR 7 is a
 * value alone, or names these variables not once each.
 */
export function variantWithVariables(
  variant: ReferenceVariant,
  values: VariableValues,
): ReferenceVariant | null {
  const { events = null } = variant.pcrs[secureBootPcr] ?? {}
  const names = Object.keys(values) as (keyof VariableValues)[]
  const measuring = (name: string) =>
    events?.filter(
      ({ component, description }) =>
        component === COMPONENT.secureBootVariables && description === name,
    )
  if (events === null || names.some((name) => measuring(name)!.length !== 1)) return null
  const changed = events.map((event) => {
    const name = names.find((one) => measuring(one)![0] === event)
    return name === undefined ? event : { ...event, digests: digestsOf(event, name, values[name]) }
  })
  const replayed = variant.banks.map((bank) => [bank, replay(bank as HashName, changed)])
  const hashes = names.map((name) => [name, hashOf(values[name])])
  return {
    ...variant,
    bounds: null,
    variables: { ...variant.variables, ...Object.fromEntries(hashes) },
    pcrs: {
      ...variant.pcrs,
      [secureBootPcr]: { events: changed, values: Object.fromEntries(replayed) },
    },
  }
}

const hashOf = (data: Uint8Array) => (data.length === 0 ? null : toHex(digest('sha256', data)))

function digestsOf({ digests }: ReferenceEvent, name: keyof VariableValues, data: Uint8Array) {
  const { guid } = VARIABLES[name]
  const value = { variableName: guid, unicodeName: name, variableData: data }
  const bytes = encode(UEFI_VARIABLE_DATA, value)
  const each = Object.keys(digests).map((bank) => [bank, toHex(digest(bank as HashName, bytes))])
  return Object.fromEntries(each)
}

function replay(bank: HashName, events: readonly ReferenceEvent[]): string {
  const measured = events.map(({ digests }) => fromHex(digests[bank]!))
  return toHex(extendAll(bank, new Uint8Array(DIGEST_SIZE[bank]), measured))
}
