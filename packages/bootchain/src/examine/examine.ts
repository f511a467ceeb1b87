import { MalformedError } from '@trusted-launch/codec'
import type { RandomAccess } from '@trusted-launch/disk'
import type { ImagePolicy } from '@trusted-launch/uefi'
import { BootChainError } from '../errors.ts'
import { walkBoots } from '../walk.ts'
import { bootRows } from './boot-rows.ts'
import {
  EXAMINED,
  type Examination,
  type ExaminedRow,
  type Followed,
  reasonOf,
} from './examination.ts'
import { openExamined } from './examined-disk.ts'
import { distributionOf, rootOf } from './system-files.ts'
import { systemRows } from './system-rows.ts'

/** What must not speak against Trusted Launch. */
const decisive = ['partition table', 'EFI system partition', 'boot loader', 'next stage', 'kernel']

/**
 * What somebody's disk image is good for: each row says what works here, what does not and what cannot be told, why,
 * and what to do. The image is read without mounting it; whatever is damaged ends in a row, never in an error.
 *
 * `TrustedLaunchSupported` means that nothing that was found speaks against a boot by UEFI under Secure Boot with
 * these keys. It does not prove that the image boots, nor that what it holds is good; SBAT is not judged.
 *
 * @param disk bounded by the caller: kernels and file systems' maps are read from it, 300 MiB in all at most.
 * @param policy the keys of the firmware that its VMs are to get.
 */
export function examineImage(disk: RandomAccess, policy: ImagePolicy): Examination {
  const examined = openExamined(disk)
  const chain = followed(disk)
  const { rows: boots, isArm, isWindows } = bootRows(chain, examined, policy)
  const rows = [...examined.rows, ...boots, ...systemRows(chain, examined)].sort(
    (a, b) => EXAMINED.indexOf(a.what) - EXAMINED.indexOf(b.what),
  )
  const against = rows.find(({ what, state }) => state === 'does not' && decisive.includes(what))
  const hyperVGeneration = rows.slice(0, 2).every(({ state }) => state === 'works') ? 'V2' : 'V1'
  return {
    rows,
    hyperVGeneration,
    startsBy: hyperVGeneration === 'V2' ? 'UEFI' : examined.hasBiosTable ? 'BIOS' : null,
    architecture: isArm ? 'Arm64' : 'x64',
    osType: isWindows ? 'Windows' : 'Linux',
    distribution: distributionOf(rootOf(examined)),
    securityType: against === undefined ? 'TrustedLaunchSupported' : null,
    conclusion: conclusionOf(against),
    sizeBytes: disk.size,
  }
}

/** Once: it reads kernel and initrd. */
function followed(disk: RandomAccess): Followed {
  try {
    return { chain: walkBoots(disk)[0]!, fault: null }
  } catch (e) {
    if (e instanceof MalformedError || e instanceof BootChainError)
      return { chain: null, fault: reasonOf(e) }
    throw e
  }
}

function conclusionOf(against: ExaminedRow | undefined): string {
  if (against === undefined)
    return 'TrustedLaunchSupported: its VMs have Secure Boot and a vTPM by default'
  return `no Trusted Launch: ${against.what}: ${against.reason}`
}
