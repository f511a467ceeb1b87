import { test } from 'node:test'
import { type QemuMachine, qemuArguments } from '../src/qemu-args.ts'

const machine: QemuMachine = {
  id: 'vm-1',
  uuid: '6f1c2a52-2a43-4d0e-9d5e-000000000001',
  memoryMiB: 512,
  vcpus: 1,
  accelerator: 'tcg',
  code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
  disk: 'raw',
  tpmSocket: '/proc/self/fd/3/control',
  network: null,
  tap: null,
  seed: false,
  dataDisks: null,
  windows: null,
  iommu: false,
  guestCommands: false,
  firmware: 'uefi',
}

/** One option with its value a line. */
const rendered = (of: QemuMachine) =>
  qemuArguments(of)
    .reduce((text, word) => `${text}${word.startsWith('-') ? '\n' : ' '}${word}`, '')
    .trim()

/** What a machine's arguments have more than those of the one above. */
const added = (more: Partial<QemuMachine>) => {
  const before = new Set(rendered(machine).split('\n'))
  const lines = rendered({ ...machine, ...more }).split('\n')
  return lines.filter((line) => !before.has(line)).join('\n')
}

const asText = { serializers: [(value: unknown) => String(value)] }

test('the arguments of a machine under emulation are these', (t) => {
  t.assert.snapshot(rendered(machine), asText)
})

test('the arguments of a machine under KVM with a qcow2 disk, two vCPUs and a comma in a path are these', (t) => {
  t.assert.snapshot(
    rendered({ ...machine, accelerator: 'kvm', vcpus: 2, disk: 'qcow2', code: '/a,b/CODE.fd' }),
    asText,
  )
})

test('the arguments of a machine with a network that is forwarded to are these', (t) => {
  const forwards = [22, 80].map((guestPort) => ({
    hostAddress: '127.0.0.1' as const,
    hostPort: 2_000 + guestPort,
    guestPort,
  }))
  const network = { kind: 'user' as const, mac: '52:54:00:12:34:56', forwards }
  t.assert.snapshot(added({ network }), asText)
  t.assert.snapshot(added({ network: { ...network, forwards: [], restrict: true } }), asText)
  const addresses = { prefix: '10.0.0.0/24', router: '10.0.0.1', address: '10.0.0.4' }
  t.assert.snapshot(added({ network: { ...network, forwards: [], addresses } }), asText)
  const bridged = { kind: 'bridged' as const, mac: network.mac, network: 'net' }
  t.assert.snapshot(added({ network: bridged, tap: 'tap700000' }), asText)
})

test('the arguments of a machine with a seed are these', (t) => {
  t.assert.snapshot(added({ seed: true }), asText)
})

test('the arguments of a machine that data disks come and go at are these', (t) => {
  const dataDisks = [
    { lun: 0, format: 'raw' as const },
    { lun: 63, format: 'qcow2' as const, readOnly: true },
  ]
  t.assert.snapshot(added({ dataDisks: [] }), asText)
  t.assert.snapshot(added({ dataDisks }), asText)
})

test('the arguments of a Windows guest, with and without an IOMMU, are these', (t) => {
  const accelerator = 'kvm'
  t.assert.snapshot(added({ accelerator, windows: 'vmx', iommu: true }), asText)
  t.assert.snapshot(added({ accelerator, windows: 'svm' }), asText)
})

test('the arguments of a machine of generation 1 are these: no flash, and a screen with its own code', (t) => {
  const bios = rendered({ ...machine, firmware: 'bios' }).split('\n')
  const gone = rendered(machine)
    .split('\n')
    .filter((line) => !bios.includes(line))
  t.assert.snapshot(`${added({ firmware: 'bios' })}\n\n${gone.join('\n')}`, asText)
})

test('the arguments of a machine whose qemu-guest-agent may be asked are these', (t) => {
  t.assert.snapshot(added({ guestCommands: true }), asText)
})

test('the arguments of an IOMMU under emulation are these', (t) => {
  t.assert.snapshot(added({ iommu: true }), asText)
})

test('the arguments of the acceleration probe, without disk and TPM, are these', (t) => {
  t.assert.snapshot(rendered({ ...machine, disk: null, tpmSocket: null }), asText)
})
