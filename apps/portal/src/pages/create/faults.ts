import {
  administratorFault,
  customDataFault,
  isVmName,
  keyDataFault,
  type OfferedSize,
  passwordFault,
} from '@trusted-launch/api'
import type { Texts } from '../../texts/en.ts'
import type { Draft, Secrets, Step } from './draft.ts'
import type { ImageChoice } from './image-choices.ts'
import { base64Of, tagsIn } from './new-vm.ts'

const DISK_GIB_MAX = 32_767
const TAGS_MAX = 50
const GROUP = /^[\w()-](?:[\w().-]{0,88}[\w()-])?$/

/** What is known of what was chosen. */
export interface Known {
  /** Null: none is chosen, or it is not there any more. */
  readonly image: ImageChoice | null
  /** Null: not told yet. */
  readonly size: OfferedSize | null
  /** Whether its group has a virtual machine of this name. */
  readonly isTaken: boolean
}

/** In the order in which they stand on the page. */
export const FIELDS = {
  name: 'basics',
  group: 'basics',
  image: 'basics',
  size: 'basics',
  user: 'basics',
  sshKey: 'basics',
  password: 'basics',
  customData: 'basics',
  tags: 'basics',
  osDisk: 'disks',
  dataDisks: 'disks',
} as const satisfies Readonly<Record<string, Step>>
export type Field = keyof typeof FIELDS
export type Faults = Partial<Record<Field, string>>

/** Why it cannot be asked for yet, by the field to blame: by the rules that the service has of them. */
export function faultsOf(
  draft: Draft,
  secrets: Secrets,
  known: Known,
  of: Texts['create'],
): Faults {
  const { faults } = of
  const { image } = known
  const osType = image?.osType ?? 'Linux'
  const found: [Field, string | false | undefined][] = [
    ['name', !isVmName(draft.name) ? faults.name : known.isTaken && faults.taken(draft.name)],
    ['group', !GROUP.test(draft.group) && faults.group],
    ['image', image === null && faults.image],
    ['size', image !== null && known.size?.refusal?.message],
    ['user', administratorFault(draft.user, osType) !== null && faults.user],
    ['sshKey', sshFault(draft, osType, faults)],
    [
      'password',
      draft.hasPassword ? wrongPassword(secrets, osType, faults) : needsOne(osType, faults),
    ],
    ['customData', draft.hasCustomData && wrongData(secrets, faults)],
    ['tags', areTags(draft.tags) ? undefined : faults.tags],
    [
      'osDisk',
      draft.osDiskGib !== '' &&
        !isGib(draft.osDiskGib, image?.diskGib ?? 1) &&
        faults.gib(image?.diskGib ?? 1),
    ],
    ['dataDisks', disksFault(draft, known, faults)],
  ]
  return Object.fromEntries(found.filter(([, why]) => typeof why === 'string')) as Faults
}

type Words = Texts['create']['faults']

function sshFault({ sshKey, hasPassword }: Draft, osType: string, faults: Words) {
  if (osType === 'Windows') return undefined
  if (sshKey.trim() === '') return hasPassword ? undefined : faults.noKey
  if (/PRIVATE KEY/.test(sshKey)) return faults.privateKey
  return keyDataFault(sshKey) === null ? undefined : faults.sshKey
}

function needsOne(osType: string, faults: Words) {
  return osType === 'Windows' && faults.windowsPassword
}

function wrongPassword({ password }: Secrets, osType: 'Linux' | 'Windows', faults: Words) {
  if (password === '') return faults.noPassword
  return passwordFault(password, osType) !== null && faults.password
}

function wrongData({ customData }: Secrets, faults: Words) {
  if (customData === '') return faults.noCustomData
  return customDataFault(base64Of(customData)) !== null && faults.customData
}

function areTags(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.length <= TAGS_MAX && Object.keys(tagsIn(text)).length === lines.length
}

function disksFault({ dataDisksGib }: Draft, { size }: Known, faults: Words) {
  if (!dataDisksGib.every((one) => isGib(one, 1))) return faults.gib(1)
  const max = size?.dataDisksMax ?? dataDisksGib.length
  return dataDisksGib.length > max && faults.dataDisks(max)
}

function isGib(text: string, min: number): boolean {
  return /^\d+$/.test(text) && Number(text) >= min && Number(text) <= DISK_GIB_MAX
}
