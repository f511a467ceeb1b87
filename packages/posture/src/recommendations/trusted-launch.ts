import type { Fix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { withoutSupport } from '../reasons.ts'
import { ANY_SYSTEM, type RecommendationKind } from '../recommendation-kind.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'

/** What enabling Trusted Launch does to a machine that has it not: of a running VM it needs a stop. */
export function enableTrustedLaunch({ kind }: MachineFacts): Fix {
  const setup = {
    securityType: 'TrustedLaunch',
    secureBootEnabled: true,
    vTpmEnabled: true,
  } as const
  const interruption = kind === 'vm' ? 'deallocate' : 'instances'
  return { kind: 'change-security', setup, interruption }
}

/** Trusted Launch on all that could have it. */
export const trustedLaunch: RecommendationKind = {
  title: 'Trusted Launch should be enabled on supported machines',
  severity: 'low',
  about: { kinds: ['vm', 'scale-set'], systems: ANY_SYSTEM },
  description:
    'A machine of generation 2 whose size and image allow it boots only what is signed, and can prove it, once Trusted Launch is enabled.',
  condition:
    'A supported machine is Standard; of a scale set also: Secure Boot or the vTPM is off in its model.',
  remediation: [
    'See that its boot loader, kernel and drivers are signed: with Secure Boot, others do not start.',
    'Stop and deallocate the VM, set its security type to TrustedLaunch with Secure Boot and vTPM, and start it. Of a scale set, change the model and bring the instances to it.',
  ],
  assess: (facts) => withoutSupport(facts) ?? statusOf(facts),
  fix: enableTrustedLaunch,
}

function statusOf({ kind, setup }: MachineFacts): Status {
  if (setup.securityType !== 'TrustedLaunch')
    return unhealthy('trusted-launch-off', 'It could have Trusted Launch, and is Standard.')
  if (kind === 'scale-set' && !setup.secureBootEnabled)
    return unhealthy('secure-boot-off', 'Secure Boot is off in its model.')
  if (kind === 'scale-set' && !setup.vTpmEnabled)
    return unhealthy('vtpm-off', 'The vTPM is off in its model.')
  return HEALTHY
}
