import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BootFailure, lastLines, readConsole } from '../src/machine/boot-failure.ts'

const clear = '\x1b[2J\x1b[01;01H\x1b[=3h'
const disk = '"UEFI Misc Device" from PciRoot(0x0)/Pci(0x2,0x0)'
const shell = `BdsDxe: loading Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9)\r
BdsDxe: failed to start Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9): Security Violation\r
BdsDxe: No bootable option or device was found.\r
BdsDxe: Press any key to enter the Boot Manager Menu.\r\n`

const cases: readonly [
  what: string,
  console: string,
  code: string | null,
  component: string | null,
][] = [
  [
    'a loader the firmware refused',
    `${clear}BdsDxe: failed to load Boot0001 ${disk}: Access Denied\r\n${shell}`,
    'secure-boot-violation',
    'loader',
  ],
  [
    'a loader on another bus the firmware refused',
    `BdsDxe: failed to start Boot0001 "UEFI Non-Block Boot Device" from PciRoot(0x0)/Pci(0x1,0x0): Security Violation\r\n`,
    'secure-boot-violation',
    'loader',
  ],
  [
    'a GRUB shim refused',
    `BdsDxe: starting Boot0001 ${disk}\r\n\xda\xc4 ERROR \xc4\xbf\r\n\xb3 Verification failed: (0x1A) Security Violation \xb3`,
    'secure-boot-violation',
    'GRUB',
  ],
  [
    'a kernel GRUB refused',
    'error: bad shim signature.\r\nerror: you need to load the kernel first.\r\n',
    'secure-boot-violation',
    'kernel',
  ],
  [
    'a kernel GRUB refused, by its path',
    'error: ../../grub-core/kern/efi/sb.c:182:bad shim signature.\r\n',
    'secure-boot-violation',
    'kernel',
  ],
  ['no disk at all', `${clear}${shell}`, 'no-disk', null],
  [
    'a disk without loader',
    `BdsDxe: failed to load Boot0001 ${disk}: Not Found\r\n${shell}`,
    'no-loader',
    'loader',
  ],
  [
    'a disk without GRUB',
    'Failed to open \\EFI\\BOOT\\grubx64.efi - Not Found\r\nFailed to load image \\EFI\\BOOT\\grubx64.efi: Not Found\r\n',
    'no-loader',
    'GRUB',
  ],
  [
    'a disk without kernel',
    "error: file `/vmlinuz' not found.\r\nerror: you need to load the kernel first.\r\n",
    'kernel-not-found',
    'kernel',
  ],
  [
    'a disk without kernel, with initrdefi',
    "error: file `/vmlinuz' not found.\n\rout of range pointer 0x53ed315500000000\n\rAborted. Press any key to exit.",
    'kernel-not-found',
    'kernel',
  ],
  [
    'a panic',
    '[    1.2] Kernel panic - not syncing: Attempted to kill init!\r\n',
    'guest-panic',
    null,
  ],
  [
    'a good boot of GRUB, with its error lines',
    `${clear}BdsDxe: loading Boot0001 ${disk}\r\nBdsDxe: starting Boot0001 ${disk}\r\nerror: no such device: /.disk/info.\r\nerror: no suitable video mode found.\r\n[    0.000000] Linux version 6.1\r\n`,
    null,
    null,
  ],
  [
    'the built-in shell alone',
    'BdsDxe: failed to start Boot0002 "EFI Internal Shell" from Fv(7CB8BDC9): Security Violation\r\n',
    null,
    null,
  ],
  ['nothing', '', null, null],
]

for (const [what, console, code, component] of cases)
  test(`${what} is ${code === null ? 'no failure' : [code, component].filter(Boolean).join(', ')}`, () => {
    const found = readConsole(console)
    assert.equal(found?.code ?? null, code)
    assert.equal(found?.component ?? null, component)
  })

for (const words of [
  'failed to load Boot0 : ',
  'Failed to open \\EFI\\',
  'error: ',
  'error: file `',
])
  test(`a line of nothing but "${words}" costs no time: nobody waits for a guest`, () => {
    const line = words.repeat(131_072 / words.length)
    const begun = performance.now()
    assert.equal(readConsole(line), null)
    const spent = performance.now() - begun
    assert.ok(spent < 200, `${spent} ms`)
  })

test('the last lines of a console are few, short and free of control characters', () => {
  const flood = `${clear}${'x'.repeat(5000)}\x07\r\n`.repeat(100)
  const lines = lastLines(`${flood}the end\x1b[0m\r\n`)
  assert.equal(lines.at(-1), 'the end')
  assert.ok(lines.length <= 12 && lines.every((line) => line.length <= 200))
  assert.ok(lines.every((line) => /^[ -~]*$/.test(line)))
})

test('a boot failure says what, where, whether it was confirmed, and the last lines', () => {
  const failure = new BootFailure('secure-boot-violation', 'refused', {
    component: 'loader',
    confirmed: true,
    console: 'one\r\ntwo\r\n',
  })
  assert.deepEqual(
    [failure.code, failure.component, failure.confirmed, failure.console],
    ['secure-boot-violation', 'loader', true, ['one', 'two']],
  )
})
