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
}

/** One option with its value a line. */
const rendered = (of: QemuMachine) =>
  qemuArguments(of)
    .reduce((text, word) => `${text}${word.startsWith('-') ? '\n' : ' '}${word}`, '')
    .trim()

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

test('the arguments of the acceleration probe, without disk and TPM, are these', (t) => {
  t.assert.snapshot(rendered({ ...machine, disk: null, tpmSocket: null }), asText)
})
