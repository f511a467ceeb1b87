import { unsignedModule } from '@trusted-launch/host'
import { withArgument, withMore, withOneByteChanged, withoutSignature } from './forgery.ts'
import { cacheDirectory } from './paths.ts'
import { replaceVtpm, reset, switchSecureBootOff } from './second-boot.ts'
import type { VictimDisk } from './tamper.ts'
import type { Trial } from './trial.ts'
import type { Outcome } from './verdict.ts'

/** One row: what is done to a VM, and what must come of it. */
export interface Scenario {
  readonly name: string
  /** What was changed, as a person would say it. */
  readonly story: string
  /** Null: a scenario of the user's own, whose outcome nobody foretold. */
  readonly expected: Outcome | null
  /** What was changed, by its name; null: nothing. */
  readonly target: string | null
  /** What is done to the VM's disk before its first boot. `scratch`: a folder to work in. */
  readonly tamper?: (disk: VictimDisk, scratch: string) => Promise<void>
  /** Whose evidence is appraised as the VM's: its own, or another VM's. */
  readonly attester?: 'other'
  /** What follows the first verdict: the last one counts. */
  readonly secondBoot?: (trial: Trial) => Promise<void>
}

const files = {
  shim: 'EFI/BOOT/BOOTX64.EFI',
  configuration: 'EFI/debian/grub.cfg',
  kernel: 'vmlinuz',
  initrd: 'initrd.img',
  module: 'EFI/extra/modules/dummy.ko',
}

export const scenarios: readonly Scenario[] = [
  { name: 'clean', story: 'nothing was changed', expected: 'affirming', target: null },
  {
    name: 'reboot',
    story: 'nothing was changed; the VM was reset and booted again',
    expected: 'affirming',
    target: null,
    secondBoot: reset,
  },
  {
    name: 'loader-tampered',
    story: 'one byte of shim was changed on the disk',
    expected: 'boot-refused',
    target: 'loader',
    tamper: (disk) => disk.edit(files.shim, withOneByteChanged),
  },
  {
    name: 'kernel-unsigned',
    story: "the kernel's signature was removed",
    expected: 'boot-refused',
    target: 'kernel',
    tamper: (disk, scratch) => disk.edit(files.kernel, (bytes) => withoutSignature(bytes, scratch)),
  },
  {
    name: 'command-line-edited',
    story: '"audit=0" was added to the kernel command line',
    expected: 'contraindicated',
    target: 'kernel command line',
    tamper: (disk) => disk.edit(files.configuration, (bytes) => withArgument(bytes, 'audit=0')),
  },
  {
    name: 'initrd-replaced',
    story: 'the initial RAM disk was replaced by a longer one',
    expected: 'contraindicated',
    target: 'initrd',
    tamper: (disk) => disk.edit(files.initrd, withMore),
  },
  {
    name: 'module-untrusted',
    story: 'a kernel module without signature was put on the disk, to be loaded at boot',
    expected: 'warning',
    target: 'kernel module dummy',
    tamper: (disk) => disk.write(files.module, unsignedModule(cacheDirectory)),
  },
  {
    name: 'evidence-from-another-vm',
    story: "another VM's evidence was handed in for this one",
    expected: 'contraindicated',
    target: 'attestation key',
    attester: 'other',
  },
  {
    name: 'vtpm-replaced',
    story: "the VM's vTPM was replaced by another VM's between two boots",
    expected: 'start-refused',
    target: 'vTPM',
    secondBoot: replaceVtpm,
  },
  {
    name: 'secure-boot-off',
    story: 'Secure Boot was switched off between two boots; the policy still wants it on',
    expected: 'contraindicated',
    target: 'Secure Boot',
    secondBoot: switchSecureBootOff,
  },
]

export const scenarioNames: readonly string[] = scenarios.map((scenario) => scenario.name)
