import { unsignedModule } from '@trusted-launch/host'
import { withoutSignature } from './forgery.ts'
import type { Trial } from './trial.ts'

/** How a scenario ended: the verifier's tier, or who refused before there was anything to verify. */
export type Outcome = 'affirming' | 'warning' | 'contraindicated' | 'boot-refused' | 'start-refused'

/** One row: what is done to a VM, and what must come of it. */
export interface Scenario {
  name: string
  /** What was changed, as a person would say it. */
  story: string
  /** null: a scenario of the user's own, whose outcome nobody foretold. */
  expected: Outcome | null
  run(trial: Trial): Promise<void>
}

const files = {
  shim: 'EFI/BOOT/BOOTX64.EFI',
  configuration: 'EFI/debian/grub.cfg',
  kernel: 'vmlinuz',
  initrd: 'initrd.img',
  module: 'EFI/extra/modules/dummy.ko',
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'clean',
    story: 'nothing was changed',
    expected: 'affirming',
    async run(trial) {
      await trial.create()
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'reboot',
    story: 'the VM was reset and booted again',
    expected: 'affirming',
    async run(trial) {
      await trial.create()
      await trial.bootAndAppraise()
      await trial.resetAndAppraise()
    },
  },
  {
    name: 'loader-tampered',
    story: 'one byte of shim was changed on the disk',
    expected: 'boot-refused',
    async run(trial) {
      await trial.create()
      await trial.disk.edit(files.shim, (bytes) => flipped(bytes, bytes.length >> 1))
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'kernel-unsigned',
    story: "the kernel's signature was removed",
    expected: 'boot-refused',
    async run(trial) {
      await trial.create()
      await trial.disk.edit(files.kernel, withoutSignature)
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'command-line-edited',
    story: '"audit=0" was added to the kernel command line',
    expected: 'contraindicated',
    async run(trial) {
      await trial.create()
      await trial.disk.edit(files.configuration, (bytes) =>
        Buffer.from(
          bytes.toString('latin1').replace(/^(\s*linuxefi .*)$/m, '$1 audit=0'),
          'latin1',
        ),
      )
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'initrd-replaced',
    story: 'a file was added to the initial RAM disk',
    expected: 'contraindicated',
    async run(trial) {
      await trial.create()
      await trial.disk.edit(files.initrd, (bytes) => Buffer.concat([bytes, Buffer.alloc(512)]))
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'module-untrusted',
    story: 'a kernel module without signature was put on the disk, to be loaded at boot',
    expected: 'warning',
    async run(trial) {
      await trial.create()
      await trial.disk.write(files.module, unsignedModule(trial.stage.cacheDirectory))
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'evidence-from-another-vm',
    story: "another VM's evidence was handed in for this one",
    expected: 'contraindicated',
    async run(trial) {
      await trial.create()
      await trial.appraiseOtherVm()
    },
  },
  {
    name: 'vtpm-replaced',
    story: "the VM's vTPM was replaced by another VM's between two boots",
    expected: 'start-refused',
    async run(trial) {
      await trial.create()
      await trial.bootAndAppraise()
      await trial.replaceVtpm()
      await trial.bootAndAppraise()
    },
  },
  {
    name: 'secure-boot-off',
    story: 'Secure Boot was switched off between two boots; the policy still wants it on',
    expected: 'contraindicated',
    async run(trial) {
      await trial.create()
      await trial.bootAndAppraise()
      await trial.switchSecureBootOff()
      await trial.bootAndAppraise()
    },
  },
]

export const scenarioNames: readonly string[] = scenarios.map((scenario) => scenario.name)

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}
