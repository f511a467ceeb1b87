import type { NewVm } from '@trusted-launch/api'
import { Option } from 'commander'
import { UsageError } from '../exit-code.ts'
import type { Output } from '../output.ts'
import { plain } from '../plain-text.ts'
import { repeatable } from '../repeatable.ts'
import { secretFrom } from '../service/secret-input.ts'

const DISK_GIB_MAX = 32_767

/** What a new VM is given beside image, size and security. */
export interface PlaceOptions {
  readonly tag?: readonly string[]
  readonly osDiskSize?: string
  readonly dataDisk?: readonly string[]
  readonly subnet?: string
  readonly securityGroup?: string
  readonly password?: boolean
  readonly guestAttestation?: boolean
  readonly dryRun?: boolean
}

/** In place of a password that nobody is asked for. */
const UNTOLD = '<password>'

export function placeOptions(): Option[] {
  return [
    repeatable('--tag <name=value>', 'a tag of it'),
    new Option('--os-disk-size <gib>', 'how large its own disk is (default: as its image)'),
    repeatable('--data-disk <gib>', 'an empty disk beside it'),
    new Option('--subnet <id>', "another subnet than that of the group's own network"),
    new Option('--security-group <id>', 'what its interface lets through'),
    new Option('--password', 'a password for its administrator too: typed, or standard input'),
    new Option('--guest-attestation', 'put the extension onto it that has it attested'),
  ]
}

/** Only what was given. @throws {UsageError} */
export async function placeAsked(options: PlaceOptions, { err }: Output): Promise<Partial<NewVm>> {
  const { tag, osDiskSize, dataDisk, subnet, securityGroup, guestAttestation } = options
  return {
    ...(tag !== undefined && { tags: Object.fromEntries(tag.map(tagIn)) }),
    ...(osDiskSize !== undefined && { osDiskGib: gibIn(osDiskSize) }),
    ...(dataDisk !== undefined && { dataDisksGib: dataDisk.map(gibIn) }),
    ...(subnet !== undefined && { subnet }),
    ...(securityGroup !== undefined && { securityGroup }),
    ...(guestAttestation === true && { guestAttestation }),
    ...(options.password === true && {
      password: options.dryRun === true ? UNTOLD : await secretFrom('password: ', err),
    }),
  }
}

function gibIn(text: string): number {
  const gib = Number(text)
  if (/^\d+$/.test(text) && gib >= 1 && gib <= DISK_GIB_MAX) return gib
  throw new UsageError(`${plain(text)}: a whole number of GiB, ${DISK_GIB_MAX} at most`)
}

function tagIn(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw new UsageError(`--tag ${plain(text)}: such as env=test`)
  return [name, value!]
}
