import { COMPONENT } from './component.ts'

/** What an imported log may do that a log of our own firmware may not. */
interface Tolerance {
  /** The check that would refuse it. */
  readonly check: number
  readonly component: string
  /** What is tolerated, in a sentence. */
  readonly what: string
  /** Medium where something else that runs may hide behind it. */
  readonly severity: 'low' | 'medium'
}

const tolerance = (
  check: number,
  component: string,
  what: string,
  severity: Tolerance['severity'] = 'low',
): Tolerance => ({ check, component, what, severity })

/**
 * Every tolerance of the profile `pc-client`, by name. Each use is a finding `tolerated.<name>`;
 * in `strict` the same is refused. None makes a claim true: what is not vouched for stays unverified.
 */
export const TOLERANCES = {
  'tcg-1.2-format': tolerance(13, COMPONENT.eventLog, 'A log of the TPM 1.2 format.'),
  'sha1-only': tolerance(20, COMPONENT.eventLog, 'SHA-1 is the only bank.'),
  'register-without-log': tolerance(
    21,
    COMPONENT.eventLog,
    "A register of the system's (PCR 10, or 15 and above) that holds something no log was given of.",
  ),
  'type-unexpected': tolerance(
    23,
    COMPONENT.eventLog,
    'An event of a type that is unknown or not of its register, outside of PCR 7.',
  ),
  'variable-data-only': tolerance(
    24,
    COMPONENT.secureBootVariables,
    "A variable's value measured without its name, in a log of SHA-1 alone: its name is nobody's word.",
  ),
  'authority-extra-byte': tolerance(
    25,
    COMPONENT.secureBoot,
    'An authority logged with one byte more than was measured.',
  ),
  'event-tag-unexplained': tolerance(
    25,
    COMPONENT.kernel,
    "A tagged event in PCR 9 (or the loader's in PCR 5) that measures something else than its data.",
  ),
  'stub-archive': tolerance(
    25,
    COMPONENT.kernelCommandLine,
    "Credentials or configuration extensions that systemd's stub measured beside the command line: which is the command line is not shown.",
    'medium',
  ),
  'crtm-version-unexplained': tolerance(
    25,
    COMPONENT.firmware,
    "A firmware's version that is not what was measured as such.",
  ),
  'separator-above-7': tolerance(26, COMPONENT.eventLog, 'A separator above PCR 7.'),
  'driver-after-separator': tolerance(
    27,
    COMPONENT.optionRom,
    'A driver, or the settings of one, measured after the separator.',
  ),
  'secure-boot-empty': tolerance(
    29,
    COMPONENT.secureBoot,
    'SecureBoot without a value: the firmware was built without Secure Boot, so it is off.',
  ),
  'authority-repeated': tolerance(30, COMPONENT.secureBoot, 'The same authority measured again.'),
  'application-before-call': tolerance(
    35,
    COMPONENT.bootManager,
    'An application before the boot manager called one.',
  ),
  'second-call': tolerance(
    35,
    COMPONENT.bootManager,
    'A second boot option called after the first had returned.',
  ),
  'exit-boot-services-missing': tolerance(
    36,
    COMPONENT.eventLog,
    'A log without the end of the firmware: whether a kernel runs is not shown.',
  ),
} as const satisfies Record<string, Tolerance>

/** The name of a tolerance. Stable. */
export type ToleranceName = keyof typeof TOLERANCES
