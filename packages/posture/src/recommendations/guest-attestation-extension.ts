import type { MachineFacts } from '../machine.ts'
import { withoutAttestation } from '../reasons.ts'
import type { RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, notApplicable, type Status, unhealthy } from '../status.ts'

const nouns = { vm: 'virtual machines', 'scale-set': 'virtual machine scale sets' } as const

/** The guest attestation extension on machines of one kind and system. */
export function guestAttestationExtension(
  os: MachineFacts['os'],
  kind: MachineFacts['kind'],
): RecommendationKind {
  return {
    title: `Guest Attestation extension should be installed on supported ${os} ${nouns[kind]}`,
    severity: 'low',
    about: { kinds: [kind], systems: [os] },
    description:
      'The extension marks a machine whose boot is attested at each start and at intervals, so that what changed raises an alert.',
    condition:
      'Secure Boot and vTPM are on, and the extension is not installed. Of Windows: never, until there is an agent.',
    remediation: [
      'Install the extension GuestAttestation; the guest needs its agent, and no network.',
    ],
    assess: (facts) => withoutAttestation(facts) ?? statusOf(facts),
    fix: () => ({ kind: 'install-extension' }),
  }
}

function statusOf({ setup }: MachineFacts): Status {
  if (!setup.secureBootEnabled)
    return notApplicable('secure-boot-off', 'It is for machines with Secure Boot on.')
  if (setup.hasExtension) return HEALTHY
  return unhealthy(
    'no-extension',
    'Secure Boot and vTPM are on, and the boot is not attested at intervals: install the extension GuestAttestation.',
  )
}
