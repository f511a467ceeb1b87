import { MalformedError } from '@trusted-launch/codec'
import { countIn } from './count-in.ts'
import type { ForeignMachine } from './foreign-machine.ts'
import { elementAt, parseXml, type XmlElement } from './xml.ts'

/** KiB in a unit of libvirt's. https://libvirt.org/formatdomain.html#memory-allocation */
const units: Readonly<Record<string, number>> = {
  ...{ b: 1 / 1024, bytes: 1 / 1024, k: 1, KiB: 1, KB: 1000 / 1024 },
  ...{ M: 1024, MiB: 1024, MB: 1e6 / 1024, G: 1024 ** 2, GiB: 1024 ** 2, GB: 1e9 / 1024 },
  ...{ T: 1024 ** 3, TiB: 1024 ** 3 },
}

/** A domain as `virsh dumpxml` writes it. @throws {MalformedError} */
export function parseLibvirtDomain(text: string): ForeignMachine {
  const domain = parseXml(text)
  if (domain.name !== 'domain') throw new MalformedError('XML', 0, `<${domain.name}>, no <domain>`)
  const all = (elementAt(domain, 'devices')?.children ?? []).filter(isDisk)
  const [first, ...others] = all.map((disk) => sourceOf(disk))
  return {
    name: textOf(elementAt(domain, 'name')),
    vcpus: countIn(textOf(elementAt(domain, 'vcpu')), 'vcpu'),
    memoryMiB: memoryIn(elementAt(domain, 'memory')),
    disk: first ?? null,
    variables: textOf(elementAt(domain, 'os', 'nvram')),
    secureBoot: secureBootIn(domain),
    hasTpm: elementAt(domain, 'devices', 'tpm') !== null,
    otherDisks: others.flatMap((path) => path ?? []),
  }
}

function isDisk({ name, attributes }: XmlElement): boolean {
  return name === 'disk' && (attributes.get('device') ?? 'disk') === 'disk'
}

/** A file or a block device; null: on a network, or in a pool. */
function sourceOf(disk: XmlElement): string | null {
  const attributes = elementAt(disk, 'source')?.attributes
  return attributes?.get('file') ?? attributes?.get('dev') ?? null
}

function memoryIn(memory: XmlElement | null): number | null {
  const count = countIn(textOf(memory), 'memory')
  if (memory === null || count === null) return null
  const unit = units[memory.attributes.get('unit') ?? 'KiB']
  if (unit === undefined) throw new MalformedError('memory', 0, 'its unit')
  return Math.round((count * unit) / 1024)
}

/** By the loader, or by the firmware's features; null: neither says. */
function secureBootIn(domain: XmlElement): boolean | null {
  const loader = elementAt(domain, 'os', 'loader')?.attributes.get('secure')
  const features = elementAt(domain, 'os', 'firmware')?.children ?? []
  const feature = features.find(({ attributes }) => attributes.get('name') === 'enrolled-keys')
  const said = feature?.attributes.get('enabled') ?? loader
  return said === undefined ? null : said === 'yes'
}

function textOf(element: XmlElement | null): string | null {
  const text = element?.text.trim()
  return text === undefined || text === '' ? null : text
}
