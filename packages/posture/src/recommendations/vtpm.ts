import type { Fix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { withoutSupport } from '../reasons.ts'
import { ANY_SYSTEM, type RecommendationKind, VMS } from '../recommendation-kind.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'
import { enableTrustedLaunch } from './trusted-launch.ts'

/** The vTPM on the VMs that could have one. */
export const vtpm: RecommendationKind = {
  title: 'vTPM should be enabled on supported virtual machines',
  severity: 'low',
  about: { kinds: VMS, systems: ANY_SYSTEM },
  description:
    'A vTPM keeps measurements of the boot and keys apart from the guest; without it nothing about the boot can be proved.',
  condition: 'A supported VM has no vTPM.',
  remediation: [
    'Enable the vTPM; a running VM is restarted. A Standard VM is deallocated first and becomes Trusted Launch.',
  ],
  assess: (facts) => withoutSupport(facts) ?? statusOf(facts),
  fix,
}

function statusOf({ setup }: MachineFacts): Status {
  const isOn = setup.securityType === 'TrustedLaunch' && setup.vTpmEnabled
  return isOn ? HEALTHY : unhealthy('vtpm-off', 'A vTPM is available, and off.')
}

function fix(facts: MachineFacts): Fix {
  const { securityType, secureBootEnabled } = facts.setup
  if (securityType !== 'TrustedLaunch') return enableTrustedLaunch(facts)
  const setup = { securityType, secureBootEnabled, vTpmEnabled: true }
  return { kind: 'change-security', setup, interruption: 'restart' }
}
