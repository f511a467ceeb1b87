import { describeData, EV } from '@trusted-launch/eventlog'
import { componentOf } from './compare-references.ts'
import { COMPONENT } from './component.ts'
import type { VerifiedEvent } from './verify-event-log.ts'

/** By what a file is called, which nothing vouches for: it chooses words, never a verdict. */
const byFile: readonly (readonly [RegExp, string])[] = [
  [/shim[a-z0-9]*\.efi/i, COMPONENT.shim],
  [/grub[a-z0-9]*\.efi/i, COMPONENT.grub],
  [/systemd-boot[a-z0-9]*\.efi/i, COMPONENT.systemdBoot],
  [/bootmgfw\.efi|winload\.efi/i, COMPONENT.windows],
  [/initrd|initramfs/i, COMPONENT.initrd],
  [/vmlinuz|\blinux/i, COMPONENT.kernel],
]

const named = (text: string) => byFile.find(([pattern]) => pattern.test(text))?.[1] ?? null

/** What a learnt event is of, in the words that foretold ones have. */
export function componentOfLearnt(event: VerifiedEvent): string {
  const { pcrIndex, eventType, explanation } = event
  const told = describeData(explanation.data)
  if (pcrIndex === 7) return ofSecureBoot(event)
  if (pcrIndex === 4 && eventType === EV.EFI_BOOT_SERVICES_APPLICATION)
    return named(told) ?? COMPONENT.bootManager
  if (pcrIndex === 5) return ofPartitions(event)
  if (pcrIndex === 9) return named(told) ?? componentOf(event)
  if (pcrIndex === 11) return COMPONENT.unifiedKernelImage
  return componentOf(event)
}

function ofSecureBoot({ eventType, explanation: { data } }: VerifiedEvent): string {
  if (data.kind !== 'variable') return COMPONENT.secureBoot
  const { unicodeName } = data.variable
  if (eventType === EV.EFI_VARIABLE_AUTHORITY)
    return unicodeName === 'db' ? COMPONENT.secureBoot : COMPONENT.shim
  return unicodeName === 'SecureBoot' ? COMPONENT.secureBoot : COMPONENT.secureBootVariables
}

function ofPartitions({ explanation: { data } }: VerifiedEvent): string {
  return data.kind === 'action' ? COMPONENT.kernel : COMPONENT.partitionTable
}
