import { type Fault, keyOf, nameOf, parseResourceId } from '@trusted-launch/api'

const SIZES = 'tl size list --supported shows the sizes that this host can give'
const SIGN_IN = 'sign in again: tl login --admin FILE'
const IMAGES = 'tl image list shows the images'
const WAIT = 'tl operation list --unfinished shows what goes on; ask again when it is over'

/** What to type after a refusal, by its code. */
const CODES: Readonly<Record<string, string>> = {
  AuthenticationFailed: SIGN_IN,
  SubscriptionNotFound: SIGN_IN,
  AuthorizationFailed: 'tl whoami shows as whom you ask; an owner gives roles',
  ResourceGroupNotFound: 'tl group list shows the groups',
  ResourceNotFound: 'tl vm list shows what there is; --group NAME names a group',
  NotFound: IMAGES,
  PlatformImageNotFound: IMAGES,
  SkuNotAvailable: SIZES,
  AllocationFailed: 'a smaller one may fit: tl size list --supported',
  InvalidParameter: 'see --help for what is taken',
  InvalidResourceName: 'such as web-1: letters, digits and hyphens, a letter first',
  TooManyRequests: 'wait a minute, and ask again',
  ScopeLocked: 'tl audit list shows who locked it',
  SecureBootViolation:
    'tl vm console NAME shows where it stopped; with tl vm security set NAME --secure-boot off it boots all the same, and is unhealthy',
  VMStartTimedOut: 'tl vm console NAME shows how far it came',
  AttestationFailed: 'tl vm console NAME shows whether its agent runs; then tl vm attest NAME',
  Conflict: WAIT,
}

/** What to type after a refusal, by its words: a code says less. */
const TEXTS: readonly [words: RegExp, hint: (...found: string[]) => string][] = [
  [/virtual machine '(.+)' has no vTPM/, (vm) => `tl vm security set ${vm} --vtpm on gives it one`],
  [/virtual machine '(.+)' does not run/, (vm) => `tl vm start ${vm} boots it`],
  [
    /virtual machine '(.+)' never booted as it was foretold/,
    () => 'the same with --trust-on-first-use, if you know why',
  ],
  [/^Cannot \w+ the VM '(.+)': it is/, (vm) => `tl vm start ${vm} boots it`],
  [
    /security type of a VM cannot be changed while/,
    () => 'tl vm deallocate NAME; the same again; tl vm start NAME',
  ],
  [
    /need security type 'TrustedLaunch'/,
    () => 'of a deallocated VM: tl vm security set NAME --security-type TrustedLaunch --vtpm on',
  ],
  [/^Disk (\S+) is attached to VM /, (disk) => `tl disk detach ${disk}; then the same again`],
  [/^Disk '(.+)' is not a data disk of VM '(.+)'/, (_, vm) => `tl vm show ${vm} names its disks`],
  [/^Run command is off/, () => 'tl vm create --allow-commands makes a VM that takes them'],
  [
    /^Cannot resize disk \S+ while it is attached to running VM (\S+?)\. /,
    (vm) => `tl vm deallocate ${vm}; the same again; tl vm start ${vm}`,
  ],
  [
    /^Disk (\S+) is attached to (\S+), which runs/,
    (_, vm) => `tl vm deallocate ${vm}; the same again; tl vm start ${vm}`,
  ],
  [
    /^Disk '(.+)' cannot be attached as the disk is already owned/,
    (disk) => `tl disk detach ${disk}; then the same again`,
  ],
  [/^Image .+ is what VM (.+) was made of/, (vm) => `tl vm delete ${vm}; then the same again`],
  [
    /^Only the making of .+ can be cancelled/,
    () => 'tl operation wait ID tells what becomes of it',
  ],
  [/ is being deleted\.$/, () => WAIT],
  [/cannot boot Hypervisor Generation|is not supported for creation of VMs/, () => SIZES],
  [
    /TrustedLaunch setting is not supported for the provided image/,
    () => '--security-type Standard makes a VM without it; tl image show IMAGE tells why',
  ],
]

/** Azure's own pages tell of Azure, not of this installation. */
const ELSEWHERE = / ?For more (?:details|information)[^.]*https:\/\/aka\.ms\/[\w-]+\.?/g

/** A refusal's words, as far as they are about this installation. */
export function wordsOf({ message }: Fault): string {
  return message.replace(ELSEWHERE, '')
}

/**
 * What to type after a refusal; null: there is nothing better than its words.
 * @param ownGroup the group that need not be named.
 */
export function hintOn({ code, message }: Fault, ownGroup: string): string | null {
  for (const [words, hint] of TEXTS) {
    const found = words.exec(message)
    if (found !== null) return hint(...found.slice(1).map((one) => asTyped(one, ownGroup)))
  }
  return Object.hasOwn(CODES, code) ? CODES[code]! : null
}

/** A resource as a command takes it: an id by its name, and by its group where that is not meant anyway. */
function asTyped(text: string, ownGroup: string): string {
  const id = text.startsWith('/') ? parseResourceId(text) : null
  if (id === null || id.resourceGroup === null) return text
  const isOwn = keyOf(id.resourceGroup) === keyOf(ownGroup)
  return isOwn ? nameOf(id) : `${nameOf(id)} --group ${id.resourceGroup}`
}
