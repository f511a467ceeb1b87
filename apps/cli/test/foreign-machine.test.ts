import assert from 'node:assert/strict'
import test from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { randomFrom } from '@trusted-launch/codec/check'
import { UsageError } from '../src/exit-code.ts'
import { type Manager, managers, parseForeignMachine } from '../src/import/foreign-machine.ts'

const texts: Record<Manager, string> = {
  libvirt: `<?xml version="1.0"?><!-- by virsh -->
<domain type='kvm'>
  <name>web &amp; more</name>
  <memory unit='GiB'>2</memory><vcpu placement='static'>2</vcpu>
  <os firmware='efi'><loader readonly='yes' secure='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.ms.fd</loader>
    <nvram template='/usr/share/OVMF/OVMF_VARS_4M.ms.fd'>/var/lib/libvirt/qemu/nvram/web_VARS.fd</nvram></os>
  <devices>
    <disk type='file' device='cdrom'><source file='/iso'/></disk>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/web.qcow2'/></disk>
    <disk type='block'><source dev='/dev/vg/data'/></disk>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
  </devices>
</domain>
`,
  proxmox: `# a note
boot: order=scsi1;net0
bios: ovmf
cores: 2
sockets: 2
efidisk0: local:100/vm-100-disk-0.qcow2,efitype=4m,pre-enrolled-keys=1,size=528K
ide2: none,media=cdrom
memory: 4096
name: web
scsi0: local-lvm:vm-100-disk-2,size=8G
scsi1: local:100/vm-100-disk-1.qcow2,iothread=1,size=32G
tpmstate0: local:100/vm-100-disk-3.raw,size=4M,version=v2.0

[before-update]
name: older
memory: 1
`,
  incus: `architecture: x86_64
config:
  image.description: "Debian: 12"
  limits.cpu: "2"
  limits.memory: 2GiB
  security.secureboot: "false"
  user.user-data: |
    #cloud-config
    users: [me]
devices:
  data:
    path: /srv
    pool: default
    source: volume
    type: disk
  root:
    path: /
    pool: default
    type: disk
  vtpm:
    type: tpm
name: web
profiles:
- default
type: virtual-machine
`,
}

test('a domain of libvirt tells its disk, variables, size and TPM', () => {
  assert.deepEqual(parseForeignMachine('libvirt', texts.libvirt), {
    ...{ name: 'web & more', vcpus: 2, memoryMiB: 2048, disk: '/images/web.qcow2' },
    variables: '/var/lib/libvirt/qemu/nvram/web_VARS.fd',
    ...{ secureBoot: true, hasTpm: true, otherDisks: ['/dev/vg/data'] },
  })
})

test('a VM of Proxmox VE tells the disk it boots from, without its snapshots', () => {
  assert.deepEqual(parseForeignMachine('proxmox', texts.proxmox), {
    ...{ name: 'web', vcpus: 4, memoryMiB: 4096 },
    disk: '/var/lib/vz/images/100/vm-100-disk-1.qcow2',
    variables: '/var/lib/vz/images/100/vm-100-disk-0.qcow2',
    ...{ secureBoot: true, hasTpm: true, otherDisks: ['local-lvm:vm-100-disk-2'] },
  })
})

test('a VM of Incus tells its size and TPM; its disk has to be named', () => {
  assert.deepEqual(parseForeignMachine('incus', texts.incus), {
    ...{ name: 'web', vcpus: 2, memoryMiB: 2048, disk: null, variables: null },
    ...{ secureBoot: false, hasTpm: true, otherDisks: ['volume'] },
  })
})

test('what is no configuration of that manager is refused', () => {
  const refused: [Manager, string][] = [
    ['libvirt', '<network/>'],
    ['libvirt', '<!DOCTYPE domain [<!ENTITY a "b">]><domain><name>&a;</name></domain>'],
    ['libvirt', '<domain><name>&xxe;</name></domain>'],
    ['libvirt', '<domain><name></domain>'],
    ['libvirt', '<domain/><domain/>'],
    ['libvirt', '<a>'.repeat(100)],
    ['libvirt', `<domain>${'<a/>'.repeat(10_001)}</domain>`],
    ['libvirt', 'a'.repeat((1 << 20) + 1)],
    ['libvirt', '<domain><memory unit="parsec">1</memory></domain>'],
    ['proxmox', ''],
    ['proxmox', 'name web'],
    ['proxmox', 'a\n'.repeat(2001)],
    ['incus', 'type: container\nconfig:\n  a: b\n'],
    ['incus', 'hello'],
    ['incus', '{config: 1}'],
    [
      'incus',
      `config:\n${Array.from({ length: 12 }, (_, i) => `${' '.repeat(i + 1)}a:`).join('\n')}`,
    ],
  ]
  for (const [manager, text] of refused)
    assert.throws(
      () => parseForeignMachine(manager, text),
      MalformedError,
      `${manager}: ${text.slice(0, 60)}`,
    )
  const zero = '<domain><vcpu>0</vcpu></domain>'
  assert.throws(() => parseForeignMachine('libvirt', zero), UsageError)
})

test('changed anywhere, a configuration is read or refused', () => {
  const random = randomFrom(11)
  for (const manager of managers)
    for (let i = 0; i < 500; i++) {
      const text = [...texts[manager]]
      for (let k = random(6); k >= 0; k--)
        text[random(text.length)] = String.fromCharCode(random(0x180))
      const cut = text.join('').slice(0, i % 5 === 0 ? random(text.length) : undefined)
      try {
        parseForeignMachine(manager, cut)
      } catch (e) {
        assert.ok(e instanceof MalformedError || e instanceof UsageError, String(e))
      }
    }
})
