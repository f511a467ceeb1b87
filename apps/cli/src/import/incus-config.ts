import { MalformedError } from '@trusted-launch/codec'
import { countIn } from './count-in.ts'
import type { ForeignMachine } from './foreign-machine.ts'

const linesMax = 10_000
const depthMax = 8
const mib: Readonly<Record<string, number>> = {
  ...{ MiB: 1, GiB: 1024, TiB: 1024 ** 2 },
  ...{ MB: 1e6 / 2 ** 20, GB: 1e9 / 2 ** 20, TB: 1e12 / 2 ** 20 },
}

interface Mapping {
  readonly [key: string]: string | Mapping
}

/** A VM as `incus config show --expanded NAME` writes it: mappings of text, nothing else of YAML. */
export function parseIncusConfig(text: string): ForeignMachine {
  const whole = mappingsIn(text)
  const config = mappingAt(whole, 'config')
  const devices = mappingAt(whole, 'devices')
  if (Object.keys(config).length + Object.keys(devices).length === 0)
    throw new MalformedError('', 0, 'no configuration of Incus')
  if (whole.type === 'container') throw new MalformedError('', 0, 'a container, no VM')
  const all = Object.values(devices).filter((one): one is Mapping => typeof one === 'object')
  const disks = all.filter(({ type, path }) => type === 'disk' && path !== '/')
  return {
    name: textAt(whole, 'name'),
    vcpus: countIn(textAt(config, 'limits.cpu'), 'limits.cpu'),
    memoryMiB: memoryIn(textAt(config, 'limits.memory')),
    // its disk and variables are in a pool of its own: --disk and --nvram name them
    ...{ disk: null, variables: null },
    secureBoot: textAt(config, 'security.secureboot') !== 'false',
    hasTpm: all.some(({ type }) => type === 'tpm'),
    otherDisks: disks.flatMap(({ source }) => (typeof source === 'string' ? source : [])),
  }
}

/** Lines `key: value` and `key:`, indented by spaces; lists and texts of several lines are stepped over. */
function mappingsIn(text: string): Mapping {
  const root: Record<string, string | Mapping> = Object.create(null)
  const open: { indent: number; mapping: Record<string, string | Mapping> }[] = [
    { indent: -1, mapping: root },
  ]
  const lines = text.split('\n')
  if (lines.length > linesMax) throw new MalformedError('', 0, `more than ${linesMax} lines`)
  let skippedFrom: number | null = null
  for (const line of lines) {
    if (/^\s*(?:#.*)?$|^---$/.test(line)) continue
    const indent = line.length - line.trimStart().length
    if (skippedFrom !== null && indent > skippedFrom) continue
    skippedFrom = null
    if (/^\s*- /.test(line)) {
      skippedFrom = indent
      continue
    }
    const [, key, value] = /^\s*("?[\w./-]{1,200}"?):(?:\s+(.*))?$/.exec(line) ?? []
    if (key === undefined)
      throw new MalformedError('', 0, `"${line.slice(0, 40)}" is no line of an Incus configuration`)
    while (open.at(-1)!.indent >= indent) open.pop()
    const name = key.replaceAll('"', '')
    const here = open.at(-1)!.mapping
    if (value === undefined || value === '') {
      if (open.length > depthMax) throw new MalformedError('', 0, `deeper than ${depthMax}`)
      const mapping = Object.create(null)
      here[name] = mapping
      open.push({ indent, mapping })
    } else if (/^[|>]/.test(value)) skippedFrom = indent
    else here[name] = value.replace(/^(["'])(.*)\1$/, '$2')
  }
  return root
}

function mappingAt(mapping: Mapping, key: string): Mapping {
  const found = mapping[key]
  return typeof found === 'object' ? found : {}
}

function textAt(mapping: Mapping, key: string): string | null {
  const found = mapping[key]
  return typeof found === 'string' ? found : null
}

function memoryIn(text: string | null): number | null {
  const [, count, unit] = /^(\d{1,9})(\w+)$/.exec(text ?? '') ?? []
  const scale = mib[unit ?? '']
  return count === undefined || scale === undefined ? null : Math.round(Number(count) * scale)
}
