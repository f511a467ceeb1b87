import {
  compareHostPart,
  type Expectation,
  type Finding,
  QUOTED_PCRS,
  rememberQuestion,
} from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import { toHex } from '@trusted-launch/codec'
import type { HostFacts } from '../../domain/host/evidence.ts'
import { hostResetsOf, identityFindings, type Remembered } from '../../domain/vm/remembered.ts'
import type { AppraisalTask } from '../../workers/appraisal.ts'
import { type Asked, BANKS } from './question.ts'

/** What is to be appraised, but for what the verdict is made by. */
export function taskOf(
  evidence: Evidence,
  { expectation: { anchors, ...expected }, host, starts }: HostFacts,
  known: Remembered,
  { nonce, extendNonce, binding }: Asked,
): Omit<AppraisalTask, 'time' | 'issuer' | 'signer' | 'policy' | 'references'> {
  return {
    evidence,
    expectation: {
      ...expected,
      ...(binding !== undefined && { binding }),
      ...{ nonce, banks: BANKS, pcrs: QUOTED_PCRS, profile: 'strict' },
      rollback: { nonce: extendNonce, state: known.vm.rollback },
    },
    anchors: anchors.map(({ der }) => der),
    ima: known.ima,
    memory: rememberQuestion(known.vm, expected.generation, extendNonce),
    hostResets: hostResetsOf(known, starts),
    beside: [...hostFindings({ host }), ...identityFindings(known, keyOf(expected))],
  }
}

/** What the host runs the VM with, as far as it is not what it was asked to. */
export function hostFindings(facts: Pick<HostFacts, 'host'> | null): Finding[] {
  const host = facts?.host ?? null
  return host === null ? [] : compareHostPart(host.actual, host.wanted)
}

/** The attestation key that the host has on record. */
export function keyOf({ generation, akName }: Pick<Expectation, 'generation' | 'akName'>) {
  return { generation, akName: toHex(akName) }
}
