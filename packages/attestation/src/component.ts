/** What a finding is about, in the words a person uses. A kernel module's comes from its name. */
export const COMPONENT = {
  attestationKey: 'attestation key',
  vtpm: 'vTPM',
  quote: 'quote',
  eventLog: 'event log',
  firmware: 'firmware',
  firmwareSettings: 'firmware settings',
  optionRom: 'option ROM',
  bootManager: 'boot manager',
  partitionTable: 'partition table',
  secureBoot: 'Secure Boot',
  secureBootVariables: 'Secure Boot variables',
  shim: 'shim',
  mok: 'machine owner keys',
  grub: 'GRUB',
  grubConfiguration: 'grub.cfg',
  systemdBoot: 'systemd-boot',
  unifiedKernelImage: 'unified kernel image',
  kernel: 'kernel',
  kernelCommandLine: 'kernel command line',
  initrd: 'initrd',
  ima: 'IMA list',
  userspace: 'userspace',
  windows: 'Windows',
  referenceValues: 'reference values',
  policy: 'policy',
  agent: 'agent',
  input: 'what was given',
  evidence: 'evidence',
  verdict: 'verdict',
  host: 'host',
} as const

/** `kernel module dummy`, from the path IMA wrote down (a hint: paths are not measured as such). */
export function moduleComponent(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1)
  return `kernel module ${file.replace(/\.ko(\.(xz|gz|zst))?$/, '')}`
}
