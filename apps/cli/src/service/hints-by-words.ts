import { SIZES, WAIT } from './hints-by-code.ts'

/** What to type after a refusal, by its words: a code says less. */
export const HINTS_BY_WORDS: readonly [words: RegExp, hint: (...found: string[]) => string][] = [
  [/virtual machine '(.+)' has no vTPM/, (vm) => `tl vm security set ${vm} --vtpm on gives it one`],
  [/virtual machine '(.+)' does not run/, (vm) => `tl vm start ${vm} boots it`],
  [
    /virtual machine '(.+)' never booted as it was foretold/,
    () => 'the same with --trust-on-first-use, if you know why',
  ],
  [/^Cannot \w+ the VM '(.+)': it is/, (vm) => `tl vm start ${vm} boots it`],
  [
    /security type of a VM cannot be changed while/,
    () => 'tl vm deallocate {vm}; the same again; tl vm start {vm}',
  ],
  [
    /need security type 'TrustedLaunch'/,
    () => 'of a deallocated VM: tl vm security set {vm} --security-type TrustedLaunch --vtpm on',
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
  [
    /^The deployment '(.+)' is over/,
    (deployment) => `tl deployment show ${deployment} tells what was made`,
  ],
  [
    /^The gallery image version '.+' is used by '(\/[^']+\/virtualMachineScaleSets\/[^/']+)/i,
    otherImageFirst,
  ],
  [
    /^The gallery image version '.+' is used by '(\/[^']+\/virtualMachines\/[^/']+)'/i,
    (vm) => `tl vm delete ${vm}; then the same again`,
  ],
  [/^Image \S+ is what the scale set (\S+) makes its instances of/, otherImageFirst],
  [
    /^The gallery image version '.+' cannot be deleted before its end of life/,
    () => 'it stays until then, or its gallery is deleted with its group',
  ],
  [
    /nested resources exist.*\/galleries\/([^/']+)\/images\/([^/']+)\/versions\//,
    (gallery, definition) => `tl gallery image-version list ${gallery} ${definition} shows them`,
  ],
  [
    /nested resources exist.*\/galleries\/([^/']+)\/images\//,
    (gallery) => `tl gallery image-definition list ${gallery} shows them`,
  ],
  [
    /instanceId \S+ is not an active .* instanceId of '(.+)'/,
    (set) => `tl vmss instance list ${set}`,
  ],
  [
    /^There is no rolling upgrade of '(.+)' that goes on/,
    (set) => `tl vmss rolling-upgrade show ${set} tells of the last one`,
  ],
  [
    /^A rolling upgrade of '(.+)' goes on/,
    (set) => `tl vmss rolling-upgrade show ${set} tells how far it is; cancel ends it`,
  ],
  [
    /^Trusted Launch cannot be enabled in the scale set/,
    () => 'tl vmss create makes one that has it',
  ],
  [/protected from scaling in/, () => 'tl vmss instance list NAME shows the instances'],
  [
    /^The value for the template parameter|template parameter .* is not|parameter '(\S+)' .*(?:value|given)/i,
    () => '--parameter NAME=VALUE gives it, or --parameters FILE, where secrets belong',
  ],
  [/is not there yet(?:: it is (?!Failed))?/, () => WAIT],
  [
    /'(\S+)' is not generalized|VM '(\S+)' is generalized/,
    () => 'tl gallery image-definition create --os-state tells which systems its versions are of',
  ],
  [
    /^Please power off or deallocate the Virtual Machine '(.+)' before/,
    (vm) => `tl vm deallocate ${vm}; then the same again`,
  ],
  [
    /^The keys of the firmware of VM '(.+)' cannot be updated: it is \w+\. Deallocate/,
    (vm) => `tl vm deallocate ${vm}; then the same again`,
  ],
  [
    /^The keys of the firmware of VM '(.+)' cannot be updated: the current revocations forbid/,
    (vm) => `tl vm start ${vm}; update its boot loader in the guest, then the same again`,
  ],
  [/^VM '(.+)' is \w+: deallocate it/, (vm) => `tl vm deallocate ${vm}; then the same again`],
  [
    /^The security type 'TrustedLaunchSupported' is not supported for the source/,
    () => 'make a definition with --security-type TrustedLaunch for versions of VMs and disks',
  ],
  [
    /since the VM is generalized/,
    () => 'make an image version of it: tl gallery image-version create --vm',
  ],
  [
    /^It was approved\. Delete the reference values/,
    () => 'tl reference-values list {vm}, then tl reference-values revoke {vm} ID',
  ],
  [/^An alert of a failure of .* is open \((\S+)\)/, (alert) => `tl alert show ${alert}`],
  [/has no failure that waits to be cleared/, () => 'tl vm attest {vm} --last tells how it stands'],
  [/^There is no verdict on the virtual machine/, () => 'tl vm attest {vm} asks for one'],
  [
    /^Creation of managed images are not supported|^Managed images are not made here/,
    () => 'tl gallery image-version create GALLERY DEFINITION 1.0.0 --vm {vm}',
  ],
  [/requires the VM to be running/, () => 'tl vm start {vm} boots it'],
  [/cannot be resized down/, () => 'tl disk create NAME --size GIB makes a smaller one'],
  [
    /maximum number of data disks allowed/,
    () => 'tl vm show {vm} names its disks; tl size list tells how many a size takes',
  ],
  [/^The operation is over and cannot/, () => 'tl operation list --all shows what became of it'],
  [
    /^There are \d+ announced updates at/,
    () => 'tl announcement list shows them; tl announcement delete NAME makes room',
  ],
  [/destinations of alerts\.$/, () => 'tl alert destination list shows them; delete makes room'],
  [
    /^What kind of destination it is does not change/,
    () => 'tl alert destination delete NAME; then the same again',
  ],
  [
    /is the name of an image that is here already/,
    () => 'tl image list shows the images: bind a name that there is none of',
  ],
  [/cannot boot Hypervisor Generation|is not supported for creation of VMs/, () => SIZES],
  [
    /TrustedLaunch setting is not supported for the provided image/,
    () => '--security-type Standard makes a VM without it; tl image show IMAGE tells why',
  ],
]

/** A scale set that makes its instances of what is to go. */
function otherImageFirst(set: string): string {
  const [name, ...group] = set.split(' --group ')
  const of = group.length === 0 ? '' : ` --group ${group[0]}`
  return `tl vmss update ${name} --image ANOTHER${of}, and tl vmss upgrade ${name}${of}; or tl vmss delete ${name}${of}`
}
