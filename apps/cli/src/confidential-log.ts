import type { EventLogAppraisal } from '@trusted-launch/attestation'
import { EV, explain } from '@trusted-launch/eventlog'

/** EV_NO_ACTION in register 1: what no TPM's log begins with, and a confidential VM's mostly does. */
const ccFirst = [1, 0, 0, 0, EV.NO_ACTION, 0, 0, 0]

export function isOfConfidentialVm(log: Uint8Array): boolean {
  return ccFirst.every((byte, i) => log[i] === byte)
}

/** What its registers are. UEFI 2.10, 38.4.1; Intel's are TDX's, one less. */
export const registersNote =
  "a confidential VM's log: what stands below as PCR n is its register n, on TDX RTMR n-1; no TPM has such values"

/** Register 3 holds what PCR 8 to 15 do; Linux's EFI stub tags what it loaded there as it does in PCR 9. */
const [loadedRegister, loadedPcr] = [3, 9]

/** The same, where a tag of Linux's stands for a file that the log does not hold. */
export function asConfidential(appraisal: EventLogAppraisal): EventLogAppraisal {
  const { bank, verified } = appraisal
  if (bank === null || verified !== null) return appraisal
  const events = appraisal.events.map((event) => {
    if (event.eventType !== EV.EVENT_TAG || event.pcrIndex !== loadedRegister) return event
    return { ...event, explanation: explain({ ...event, pcrIndex: loadedPcr }, bank) }
  })
  return { ...appraisal, events }
}
