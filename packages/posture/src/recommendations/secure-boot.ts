import type { Fix } from '../fix.ts'
import type { MachineFacts } from '../machine.ts'
import { withoutSupport } from '../reasons.ts'
import { type RecommendationKind, VMS } from '../recommendation-kind.ts'
import { HEALTHY, type Status, unhealthy } from '../status.ts'
import { enableTrustedLaunch } from './trusted-launch.ts'

/** Secure Boot on the VMs of one system that could have it. */
export function secureBoot(os: MachineFacts['os']): RecommendationKind {
  return {
    title: `Secure Boot should be enabled on supported ${os} virtual machines`,
    severity: 'low',
    about: { kinds: VMS, systems: [os] },
    description:
      'With Secure Boot the firmware starts only boot loaders, and these only kernels, that somebody in db signed: a bootkit does not start.',
    condition: 'A supported VM has Secure Boot off.',
    remediation: [
      'See that its boot loader, kernel and drivers are signed. NVIDIA GRID drivers on Linux, and CUDA on Linux other than Ubuntu, need Secure Boot off: exempt such a VM.',
      'Enable Secure Boot; a running VM is restarted. A Standard VM is deallocated first and becomes Trusted Launch.',
    ],
    assess: (facts) => withoutSupport(facts) ?? statusOf(facts),
    fix,
  }
}

function statusOf({ setup }: MachineFacts): Status {
  const isOn = setup.securityType === 'TrustedLaunch' && setup.secureBootEnabled
  return isOn ? HEALTHY : unhealthy('secure-boot-off', 'Secure Boot is available, and off.')
}

function fix(facts: MachineFacts): Fix {
  const { securityType, vTpmEnabled } = facts.setup
  if (securityType !== 'TrustedLaunch') return enableTrustedLaunch(facts)
  const setup = { securityType, secureBootEnabled: true, vTpmEnabled }
  return { kind: 'change-security', setup, interruption: 'restart' }
}
