import { AGENT_PORT_NAME } from '@trusted-launch/channel'
import { type DataDisk, dataDiskDevice, dataDiskNode } from './data-disk.ts'
import { type MachineNetwork, NETWORK, netdevOf } from './network.ts'
import { type Virtualization, windowsCpu } from './windows.ts'

/** What QEMU's command line depends on. Paths are relative to the machine's folder, its working directory. */
export interface QemuMachine {
  readonly id: string
  /** The system UUID the guest sees in SMBIOS. */
  readonly uuid: string
  readonly memoryMiB: number
  readonly vcpus: number
  readonly accelerator: 'kvm' | 'tcg'
  /** The firmware's code, an absolute path; `bios`: QEMU's own is taken instead. */
  readonly code: string
  readonly firmware: 'uefi' | 'bios'
  /** The disk's format, or null: no disk. */
  readonly disk: 'raw' | 'qcow2' | null
  /** Where swtpm's control socket is, or null: no TPM. */
  readonly tpmSocket: string | null
  /** Null: no network interface. */
  readonly network: MachineNetwork | null
  /** The interface that it opens, of a bridged network. */
  readonly tap: string | null
  /** Whether there is a disk with what the guest is to be told at its first boot. */
  readonly seed: boolean
  /** Null: none, and none while it runs. */
  readonly dataDisks: readonly Omit<DataDisk, 'path'>[] | null
  /** A Windows guest, and what it may virtualize itself with; null: any other. */
  readonly windows: Virtualization | null
  /** Whether the guest has an IOMMU, Intel's, that remaps interrupts too. */
  readonly iommu: boolean
  /** Whether qemu-guest-agent finds its port. */
  readonly guestCommands: boolean
}

/** The files in the machine's folder. */
export const FILES = {
  disk: 'disk',
  seed: 'seed',
  variables: 'vars.fd',
  monitor: 'qmp',
  agent: 'agent',
  commands: 'commands',
  console: 'console',
  screen: 'screen',
} as const
/** The ids QEMU's monitor knows these devices by. */
export const IDS = { console: 'console', tpm: 'chrtpm', agentPort: 'agent-port' } as const
/** How much of the console QEMU keeps for us, in bytes; a power of two. A guest can fill no more. */
export const CONSOLE_RING = 262_144

/** How many may look at the screen at once. */
const SCREENS_MAX = 8

/** Where the console goes, as `chardev-change` takes it: into the ring, or to whoever connects. */
export const CONSOLE_BACKENDS = {
  ring: { type: 'ringbuf', data: { size: CONSOLE_RING } },
  socket: {
    type: 'socket',
    data: {
      addr: { type: 'unix', data: { path: FILES.console } },
      ...{ server: true, wait: false },
    },
  },
} as const

interface Row {
  readonly option: string
  /** One value, or one for each time the option stands there. */
  readonly value?: (machine: QemuMachine) => string | readonly string[]
  readonly when?: (machine: QemuMachine) => boolean
}

const isUefi = (machine: QemuMachine) => machine.firmware === 'uefi'
const isBios = (machine: QemuMachine) => machine.firmware === 'bios'
const hasDisk = (machine: QemuMachine) => machine.disk !== null
const hasSeed = (machine: QemuMachine) => machine.seed
const hasDataDisks = (machine: QemuMachine) => machine.dataDisks !== null
const hasCommands = (machine: QemuMachine) => machine.guestCommands
const hasTpm = (machine: QemuMachine) => machine.tpmSocket !== null
const hasNetwork = (machine: QemuMachine) => machine.network !== null
const fixed = (option: string, value: string, when?: Row['when']): Row => ({
  option,
  value: () => value,
  ...(when && { when }),
})

/** The command line, in order. PCI addresses are written out: PCR 1 measures where the disk is. */
const ROWS: readonly Row[] = [
  // Nothing that this table does not name.
  { option: '-no-user-config' },
  { option: '-nodefaults' },
  { option: '-name', value: (m) => `guest=${m.id},debug-threads=on` },
  { option: '-uuid', value: (m) => m.uuid },
  fixed('-msg', 'timestamp=on'),
  // A guest that broke into QEMU starts no program and takes no other user's rights.
  fixed('-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'),
  {
    option: '-machine',
    value: (m) => `q35,smm=on,vmport=off,accel=${m.accelerator}${irqchipOf(m)}`,
  },
  { option: '-cpu', value: cpuOf },
  { option: '-smp', value: (m) => `cpus=${m.vcpus}` },
  { option: '-m', value: (m) => `size=${m.memoryMiB}M` },
  // Only code in System Management Mode writes the variable store.
  fixed('-global', 'driver=cfi.pflash01,property=secure,value=on', isUefi),
  // No sleep: waking up without TPM2_Startup(STATE) would reset the PCRs (CVE-2018-6622).
  fixed('-global', 'ICH9-LPC.disable_s3=1'),
  fixed('-global', 'ICH9-LPC.disable_s4=1'),
  {
    option: '-drive',
    value: (m) => `if=pflash,unit=0,format=raw,readonly=on,file=${escaped(m.code)}`,
    when: isUefi,
  },
  fixed('-drive', `if=pflash,unit=1,format=raw,file=${FILES.variables}`, isUefi),
  // After the guest's own power off QEMU stays, stopped: a manager that was away learns how it ended.
  fixed('-action', 'shutdown=pause'),
  { option: '-S' },
  fixed('-display', 'none'),
  // One socket for all who look, and none of them sends the others away.
  fixed('-vnc', `unix:${FILES.screen},share=force-shared,connections=${SCREENS_MAX}`),
  // Before the devices it stands in front of.
  fixed('-device', 'intel-iommu,intremap=on', (m) => m.iommu),
  fixed('-device', 'VGA,id=screen,addr=0x1,romfile=', isUefi),
  // A BIOS has no picture without the screen's own.
  fixed('-device', 'VGA,id=screen,addr=0x1', isBios),
  fixed('-chardev', `socket,id=monitor,path=${FILES.monitor},server=on,wait=off`),
  fixed('-mon', 'chardev=monitor,mode=control'),
  fixed('-chardev', `ringbuf,id=${IDS.console},size=${CONSOLE_RING}`),
  fixed('-serial', `chardev:${IDS.console}`),
  fixed('-chardev', `socket,id=agent,path=${FILES.agent},server=on,wait=off`),
  fixed('-device', 'virtio-serial-pci,id=ports,addr=0x3'),
  fixed(
    '-device',
    `virtserialport,bus=ports.0,nr=1,chardev=agent,name=${AGENT_PORT_NAME},id=${IDS.agentPort}`,
  ),
  // By this name qemu-guest-agent starts in its guest, and nowhere else.
  fixed('-chardev', `socket,id=commands,path=${FILES.commands},server=on,wait=off`, hasCommands),
  fixed(
    '-device',
    'virtserialport,bus=ports.0,nr=2,chardev=commands,name=org.qemu.guest_agent.0',
    hasCommands,
  ),
  // A disk names no other file: its backing file, if it has one, is not opened.
  fixed('-blockdev', `driver=file,node-name=disk-file,filename=${FILES.disk}`, hasDisk),
  { option: '-blockdev', value: (m) => diskNode(m.disk), when: hasDisk },
  fixed('-device', 'virtio-blk-pci,id=disk0,drive=disk,addr=0x2,bootindex=1', hasDisk),
  {
    option: '-chardev',
    value: (m) => `socket,id=${IDS.tpm},path=${escaped(m.tpmSocket ?? '')}`,
    when: hasTpm,
  },
  fixed('-tpmdev', `emulator,id=tpm,chardev=${IDS.tpm}`, hasTpm),
  // No physical presence interface: it offers the guest's user ChangeEPS, SetPCRBanks, Clear.
  fixed('-device', 'tpm-crb,tpmdev=tpm,ppi=off', hasTpm),
  { option: '-netdev', value: (m) => netdevOf(m.network!, m.tap), when: hasNetwork },
  // No option ROM: nothing of the network is measured, and nothing boots from it.
  {
    option: '-device',
    value: (m) =>
      `virtio-net-pci,id=nic0,netdev=${NETWORK},addr=0x4,romfile=,mac=${m.network!.mac}`,
    when: hasNetwork,
  },
  // Its guest reads it only: what the guest is told stays as it was told.
  fixed(
    '-blockdev',
    `driver=file,node-name=seed-file,filename=${FILES.seed},read-only=on`,
    hasSeed,
  ),
  fixed('-blockdev', 'driver=raw,node-name=seed,file=seed-file,read-only=on', hasSeed),
  fixed('-device', 'virtio-blk-pci,id=seed0,drive=seed,addr=0x5,serial=CIDATA', hasSeed),
  // One controller, and a disk is a unit of it: coming and going needs no PCI slot.
  fixed('-device', 'virtio-scsi-pci,id=data,addr=0x6', hasDataDisks),
  { option: '-blockdev', value: (m) => dataDisksOf(m, dataDiskNode), when: hasDataDisks },
  { option: '-device', value: (m) => dataDisksOf(m, dataDiskDevice), when: hasDataDisks },
]

function cpuOf({ accelerator, windows }: QemuMachine): string {
  if (windows !== null) return windowsCpu(windows)
  return accelerator === 'kvm' ? 'host' : 'max'
}

/** KVM's own interrupt controller cannot remap interrupts: half of it is QEMU's then. */
function irqchipOf({ accelerator, iommu }: QemuMachine): string {
  return iommu && accelerator === 'kvm' ? ',kernel-irqchip=split' : ''
}

function diskNode(format: QemuMachine['disk']): string {
  const node = { driver: format, 'node-name': 'disk', file: 'disk-file' }
  return JSON.stringify(format === 'qcow2' ? { ...node, backing: null } : node)
}

/** QEMU reads a comma as the end of a value, and two as one comma. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}

function dataDisksOf({ dataDisks }: QemuMachine, of: (disk: Omit<DataDisk, 'path'>) => object) {
  return dataDisks!.map((disk) => JSON.stringify(of(disk)))
}

/** QEMU's arguments for a machine. */
export function qemuArguments(machine: QemuMachine): string[] {
  return ROWS.filter((row) => row.when?.(machine) ?? true).flatMap(({ option, value }) =>
    value === undefined ? [option] : [value(machine)].flat().flatMap((each) => [option, each]),
  )
}
