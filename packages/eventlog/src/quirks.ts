/**
 * What real firmware and boot loaders do against the letter of the specification. Each has a name,
 * so that a verifier records it and a policy can refuse it; none is tolerated silently.
 */
export const QUIRKS = Object.freeze({
  'authority-extra-byte': 'shim before 15.5 logs an authority with one byte more than it measures',
  'variable-boot-whole':
    'the firmware measures Boot#### and BootOrder with their names, not their value alone',
  'variable-boot2-value':
    'the firmware measures EV_EFI_VARIABLE_BOOT2 without the name that belongs to it',
  'text-with-nul': 'the measured text ends in a NUL that other versions leave out',
  'text-without-nul': 'the logged text ends in a NUL that was not measured',
  'section-name-narrow':
    'systemd-stub logs a section name in UTF-16 and measures it in ASCII with its NUL',
  'text-cut-short': 'an early systemd-boot logs its UTF-16 text one byte short of what it measured',
  'driver-config-value': 'firmware for TPM 1.2 measures the value of a variable without its name',
  'tag-data-only': 'the data was measured without the tag before it',
  'separator-of-ones': 'a separator of 0xFFFFFFFF: legal, and of old firmware',
  'secure-boot-empty': 'firmware built without Secure Boot measures an empty SecureBoot variable',
  'version-elsewhere': 'the S-CRTM version that was measured is not the one logged',
})

/** The name of a known deviation. */
export type Quirk = keyof typeof QUIRKS
