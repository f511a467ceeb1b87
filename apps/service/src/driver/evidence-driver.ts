import type { EvidenceDriver } from '../domain/host/evidence.ts'
import { factsOf } from './host-facts.ts'
import { type LocalParts, machineOn } from './local-parts.ts'

/** What a verdict on a VM of this machine is made of. */
export function evidenceDriver({ host, references, firmware }: LocalParts): EvidenceDriver {
  return {
    async facts(id) {
      const machine = machineOn(host, id)
      const foretold = await references.read(id)
      return machine === null ? null : factsOf(machine, foretold, host.trustAnchor, firmware)
    },

    async anchors() {
      return [host.trustAnchor]
    },

    async collectEvidence(id, request) {
      return host.machine(id).collectEvidence(request)
    },
  }
}
