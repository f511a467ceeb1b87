import type { EventLogInput } from '../src/appraise-event-log.ts'
import type { PcrsByNumber } from '../src/pcr-values.ts'
import type { Profile } from '../src/profile.ts'
import { cleanBoot, evidenceOf, type Step } from './boot.ts'

/** A boot's logs and what its TPM holds, as somebody says who has both. */
export function given(
  steps: readonly Step[] = cleanBoot(),
  profile: Profile = 'strict',
): EventLogInput {
  const { evidence } = evidenceOf(steps, { measured: null })
  const pcrs = new Map(
    evidence.quotes.map(({ bank, pcrs: quoted }) => [
      bank,
      new Map(quoted.map(({ index, digest }) => [index, digest])),
    ]),
  )
  return { ...evidence, pcrs, profile }
}

/** The same with other PCR values in each bank. */
export function withPcrs(
  input: EventLogInput,
  change: (pcrs: Map<number, Uint8Array>) => void,
): EventLogInput {
  const pcrs = [...input.pcrs].map(([bank, values]): [typeof bank, PcrsByNumber] => {
    const copy = new Map(values)
    change(copy)
    return [bank, copy]
  })
  return { ...input, pcrs: new Map(pcrs) }
}
