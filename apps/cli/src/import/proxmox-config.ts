import { MalformedError } from '@trusted-launch/codec'
import { countIn } from './count-in.ts'
import type { ForeignMachine } from './foreign-machine.ts'

const linesMax = 2000
const diskKey = /^(?:scsi|virtio|sata|ide)\d{1,2}$/
/** Where Proxmox VE keeps the images of a storage that is a folder, of its default one. */
const localFolder = '/var/lib/vz/images'

/** A VM as `/etc/pve/qemu-server/ID.conf` or `qm config ID` has it; snapshots behind it are left out. */
export function parseProxmoxConfig(text: string): ForeignMachine {
  const values = new Map<string, string>()
  const lines = text.split('\n')
  if (lines.length > linesMax) throw new MalformedError('', 0, `more than ${linesMax} lines`)
  for (const line of lines) {
    if (/^\[/.test(line)) break
    const [, key, value] = /^([a-z][\w-]{0,40}):\s*(.*)$/.exec(line) ?? []
    if (key !== undefined && !values.has(key)) values.set(key, value!.trim())
    else if (key === undefined && !/^\s*(?:#.*)?$/.test(line))
      throw new MalformedError(
        '',
        0,
        `"${line.slice(0, 40)}" is no line of a Proxmox configuration`,
      )
  }
  if (values.size === 0) throw new MalformedError('', 0, 'no configuration of Proxmox VE')
  const get = (key: string) => values.get(key) ?? null
  const [first, ...others] = disksIn(values)
  const efi = get('efidisk0')
  return {
    name: get('name'),
    vcpus: (countIn(get('cores'), 'cores') ?? 1) * (countIn(get('sockets'), 'sockets') ?? 1),
    memoryMiB: countIn(memoryIn(get('memory')), 'memory'),
    disk: first ?? null,
    variables: efi === null ? null : fileOf(efi),
    secureBoot: efi === null ? null : /(?:^|,)pre-enrolled-keys=1(?:,|$)/.test(efi),
    hasTpm: values.has('tpmstate0'),
    otherDisks: others,
  }
}

/** The one that boots first, then the others; drives for CDs are none. */
function disksIn(values: ReadonlyMap<string, string>): string[] {
  const isDisk = (key: string) => diskKey.test(key) && !/media=cdrom|^none/.test(values.get(key)!)
  const keys = [...values.keys()].filter(isDisk)
  const order = /order=([\w;]+)/.exec(values.get('boot') ?? '')?.[1]?.split(';') ?? []
  const bootdisk = values.get('bootdisk')
  const first = [...order, bootdisk].find((key) => key !== undefined && keys.includes(key))
  const sorted = first === undefined ? keys : [first, ...keys.filter((key) => key !== first)]
  return sorted.map((key) => fileOf(values.get(key)!))
}

/** `local:100/vm-100-disk-0.qcow2,size=32G`: a file where the storage is a folder; else what Proxmox calls it. */
function fileOf(value: string): string {
  const volume = value.split(',')[0]!.replace(/^file=/, '')
  const local = /^local:(\d+\/[\w.-]+)$/.exec(volume)?.[1]
  return local === undefined ? volume : `${localFolder}/${local}`
}

/** `2048`, or `current=2048`. */
function memoryIn(value: string | null): string | null {
  return value === null ? null : (/^(?:current=)?(\d+)/.exec(value)?.[1] ?? value)
}
