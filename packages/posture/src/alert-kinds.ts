import type { Severity } from '@trusted-launch/attestation'

/** An alert as it is in general. */
export interface AlertKind {
  readonly title: string
  readonly severity: Exclude<Severity, 'info'>
  /** Raised only where the vTPM is on and the extension is installed, as Azure says of its two. */
  readonly needsExtension: boolean
  /** Whether the VM failed: then it is not healthy until somebody clears the alert. */
  readonly isFailure: boolean
  /** MITRE ATT&CK: the tactic in the word that Azure has for it, and techniques. */
  readonly tactic: 'Persistence' | 'DefenseEvasion' | 'Impact'
  readonly techniques: readonly string[]
  readonly description: string
  readonly remediation: readonly string[]
  /** Each cause that is a word, and what it means; a cause that is none of them is a component's name. */
  readonly causes: Readonly<Record<string, string>>
}

/**
 * Every alert there is, by its type: the code that clients see as `alertType`. The codes are ours, since Azure
 * publishes none, and stable: none is given another meaning. docs/alerts.md is made of this table.
 */
export const ALERT_KINDS = {
  VM_GuestAttestationFailure: {
    title: 'VM attestation failed',
    severity: 'medium',
    needsExtension: true,
    isFailure: true,
    tactic: 'Persistence',
    techniques: ['T1542', 'T1542.001', 'T1542.003'],
    description:
      'The evidence of the VM’s boot was not affirmed: it differs from what was approved, or it is not shown to come from this VM’s vTPM.',
    remediation: [
      'Look at the components that it names: what was expected, and what was measured.',
      'A change that was meant: approve the drift, or undo the setting; both clear the alert.',
      'Otherwise isolate the VM, keep its evidence and disk, and make it anew from its image.',
    ],
    causes: {
      drift:
        'What was measured differs from the approved reference values, or from what policy asks for.',
      origin: 'It could not be verified that the evidence comes from this VM’s vTPM.',
      'secure-boot-off':
        'Secure Boot is off, as it was set, and the policy wants it on. A suppression rule of alert type VM_GuestAttestationFailure with entities.cause in ["secure-boot-off"] hides this and nothing else.',
      unproven: 'There was nothing to compare the boot with, or a part of it could not be judged.',
      'earlier-failure': 'An earlier failure was never cleared.',
    },
  },
  VM_UntrustedKernelModule: {
    title: 'Untrusted Linux kernel module',
    severity: 'low',
    needsExtension: true,
    isFailure: false,
    tactic: 'Persistence',
    techniques: ['T1547.006'],
    description:
      'The kernel read a module that its key did not sign. A kernel under lockdown refuses it: no immediate threat. One that is not may have loaded it: then it is medium.',
    remediation: [
      'Which module is it? Do I know it? Do I expect it to be loaded?',
      'Is it the exact version that I expect? Are its files intact?',
      'If it is a third party’s: did the vendor pass the system’s compliance tests, to have it signed?',
    ],
    causes: { more: 'More modules than there are alerts for on one VM.' },
  },
  VM_VtpmIdentityChanged: {
    title: 'vTPM identity changed or rolled back',
    severity: 'high',
    needsExtension: false,
    isFailure: true,
    tactic: 'DefenseEvasion',
    techniques: ['T1578.004', 'T1553'],
    description:
      'The vTPM is not the one on record, or it was put back to an earlier state. What is sealed to it and what it says of the past is not to be trusted.',
    remediation: [
      'Look for who changed files of the VM on its host, and when.',
      'If it was meant, have its host reprovision the vTPM of the stopped VM (`tl host vm reprovision NAME`): that begins a new generation.',
    ],
    causes: {
      identity: 'Another key, another index, or another generation answered than is on record.',
      'rolled-back':
        'Its counters, clock or extend-only index went back, or it was started elsewhere.',
    },
  },
  VM_HostConfigurationDiffers: {
    title: 'Host configuration differs from request',
    severity: 'high',
    needsExtension: false,
    isFailure: true,
    tactic: 'DefenseEvasion',
    techniques: ['T1578.005', 'T1542.001'],
    description:
      'The host runs the VM with another firmware, other Secure Boot variables, other arguments or a vTPM in clear than was asked for.',
    remediation: [
      'Look for who changed files or programs on the host.',
      'Restart the VM as it was asked for, on a host you trust.',
    ],
    causes: {
      host: 'What the host says it runs, or what was found on it, is not what was asked for.',
    },
  },
  VM_VtpmLost: {
    title: 'vTPM lost while the VM ran',
    severity: 'medium',
    needsExtension: false,
    isFailure: false,
    tactic: 'Impact',
    techniques: ['T1489'],
    description:
      'The vTPM of a running VM went away. The VM stands still since, or was stopped, as its plan says, and is not started again by itself: its guest would run without its keys and its measurements.',
    remediation: [
      'Find out what ended the vTPM on the host: its swtpm was killed, crashed, or had no disk or memory left.',
      'Start the VM again: it is ended first, and its own vTPM is looked at before it boots. Nothing but that gives it one back.',
    ],
    causes: { lost: 'swtpm ended, and its QEMU did not.' },
  },
  VM_SecureBootStoppedBoot: {
    title: 'Secure Boot stopped the boot',
    severity: 'medium',
    needsExtension: false,
    isFailure: false,
    tactic: 'Persistence',
    techniques: ['T1542.003'],
    description:
      'Secure Boot refused a component, and the VM did not start: nothing untrusted ran. Its cause names the component.',
    remediation: [
      'Find out what replaced the component, and who; an update whose signer db does not know does this, too.',
      'Put the signed one back, or make the VM anew from its image.',
    ],
    causes: {},
  },
  VM_AttestationSilent: {
    title: 'Attestation silent',
    severity: 'medium',
    needsExtension: false,
    isFailure: false,
    tactic: 'DefenseEvasion',
    techniques: ['T1562.001'],
    description:
      'The VM runs and gave no evidence by its deadline. It is resolved when it answers; a failure before the silence stays.',
    remediation: [
      'See on the console whether the guest came up, and whether its agent runs.',
      'If nobody stopped the agent, treat the VM as if it had failed.',
    ],
    causes: {
      silent: 'No evidence by the deadline, counted from the last answer that was due or a reset.',
    },
  },
} as const satisfies Record<string, AlertKind>

/** The `alertType` of an alert. */
export type AlertType = keyof typeof ALERT_KINDS

/** The same table, with each row as wide as its type. */
export function alertKindOf(type: AlertType): AlertKind {
  return ALERT_KINDS[type]
}
