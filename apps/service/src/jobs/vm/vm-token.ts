import { randomBytes } from 'node:crypto'
import { ArmError, faults } from '@trusted-launch/api'
import type { TokenBinding } from '@trusted-launch/attestation'
import type { Resource } from '../../domain/store.ts'
import { type Issue, issuedBy, termsOf } from '../../domain/tokens.ts'
import { stateOf, textAt } from '../../domain/vm/vm.ts'
import type { Attested } from '../attestation/attest.ts'
import type { Handler, Job } from '../worker.ts'
import { type VmGround, VmJob } from './vm-job.ts'

export interface TokenGround {
  /** Appraises a VM by a quote that covers this. @throws {ArmError} `AttestationFailed` */
  readonly attestFor: (vm: Resource, job: Job, binding: TokenBinding) => Promise<Attested | null>
  readonly issue: Issue
  readonly now: () => number
}

/** A token of a fresh quote that covers a relying party's nonce, its key, or both. */
export function vmTokenHandler(ground: VmGround, { attestFor, issue, now }: TokenGround): Handler {
  return async (job) => {
    const vm = await new VmJob(job, ground).require()
    if ((await ground.driver.power(stateOf(vm).machine)) !== 'running')
      throw new ArmError(
        faults.operationNotAllowed(`The virtual machine '${vm.name}' does not run.`),
      )
    await job.tell(30, 'asking the guest for evidence')
    const { input } = job.operation
    const [jwk, nonce] = [textAt(input, 'jwk'), textAt(input, 'nonce')]
    const serviceNonce = new Uint8Array(randomBytes(32))
    const attested = await attestFor(vm, job, { jwk, nonce, serviceNonce })
    if (attested === null)
      throw new ArmError(
        faults.operationNotAllowed(
          `The virtual machine '${vm.name}' has no vTPM to prove its boot with.`,
        ),
      )
    const terms = await job.under(async (tables) => {
      const kept = (await tables.attestations.get(attested.id))!
      return termsOf(tables, vm, kept, textAt(input, 'audience')!, now(), { fresh: true })
    })
    return issuedBy(issue, terms)
  }
}
