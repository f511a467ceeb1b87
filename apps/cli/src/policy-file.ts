import {
  describeRequirement,
  type Policy,
  parsePolicy,
  severityOf,
} from '@trusted-launch/attestation'
import { partFrom } from './input-fault.ts'
import { plain } from './plain-text.ts'

/** At most this many bytes of JSON. */
const policyBytesMax = 1 << 16

/** A policy out of a file. @throws {InputFault} it is none: never "accept". */
export function readPolicy(path: string): Policy {
  return partFrom('policy.malformed', path, 'a policy', policyBytesMax, parsePolicy)
}

const words: Readonly<Record<string, string>> = {
  'secure-boot-on': 'Secure Boot must be shown to be on',
  'os-present': 'it must be shown that a kernel runs',
  'reference-values-present': 'there must be reference values, and they must be approved',
  'firmware-learnt': 'what the firmware measures on this shape of machine must be known',
}

/** In words. */
export function textOfPolicy(policy: Policy): string {
  const { id, rules, claims } = policy
  // these weigh what a verdict says they do, whatever the file does
  const least = (['reference-values-present', 'firmware-learnt'] as const).map(
    (name) => [name, severityOf(name, policy)] as const,
  )
  const always = { ...rules, ...Object.fromEntries(least) }
  const lowersNothing = [...Object.values(rules), ...claims.map(({ severity }) => severity)].every(
    (severity) => severity === 'info',
  )
  const lines = [
    `policy ${plain(id)}`,
    ...Object.entries(always).map(([name, severity]) => `${words[name] ?? name}; else ${severity}`),
    ...claims.map((one) => plain(describeRequirement(one))),
    'always: the evidence is genuine, the attestation key is on record, given or certified, and what booted is as in the reference values',
    ...(lowersNothing ? ['info lowers no verdict: this policy refuses nothing of its own'] : []),
  ]
  return `${lines.join('\n  ')}\n`
}
