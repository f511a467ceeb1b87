import { compute } from './sizes/compute.ts'
import { confidential } from './sizes/confidential.ts'
import type { Family, Trait } from './sizes/family.ts'
import { general } from './sizes/general.ts'
import { gpu } from './sizes/gpu.ts'
import { hpc } from './sizes/hpc.ts'
import { large } from './sizes/large.ts'
import { memory } from './sizes/memory.ts'
import { storage } from './sizes/storage.ts'

/** One of Azure's VM sizes. */
export interface Size {
  /** `Standard_D2s_v5` */
  readonly name: string
  /** Azure's name of the quota it counts in: `standardDSv5Family`. */
  readonly family: string
  /** As Microsoft's pages call it: `Dsv5`. */
  readonly series: string
  /** What it is paid and counted as. */
  readonly vcpus: number
  /** What the guest sees: fewer where cores are constrained (`Standard_E8-4s_v5`). */
  readonly vcpusAvailable: number
  readonly memoryGib: number
  readonly dataDisksMax: number
  readonly nicsMax: number
  readonly tempDiskMib: number
  readonly localNvmeMib: number
  readonly gpus: number
  /** The size whose cores are constrained, or null. */
  readonly parent: string | null
  readonly traits: ReadonlySet<Trait>
}

export const families: readonly Family[] = [
  ...general,
  ...confidential,
  ...compute,
  ...memory,
  ...large,
  ...storage,
  ...gpu,
  ...hpc,
]

/** Every size, by name. */
export const sizes: readonly Size[] = families
  .flatMap(sizesOf)
  .sort((a, b) => (a.name < b.name ? -1 : 1))

const byName = new Map(sizes.map((size) => [size.name.toLowerCase(), size]))

/** The size of a name, in any case of letters; null: there is none. */
export function sizeNamed(name: string): Size | null {
  return byName.get(name.toLowerCase()) ?? null
}

/** `V1`, `V2`: the generations of VMs that it boots, as Azure writes them. */
export function generationsOf({ traits }: Size): readonly ('V1' | 'V2')[] {
  return (['V1', 'V2'] as const).filter((name) => traits.has(name === 'V1' ? 'gen1' : 'gen2'))
}

export function architectureOf({ traits }: Size): 'x64' | 'Arm64' {
  return traits.has('arm64') ? 'Arm64' : 'x64'
}

function sizesOf(family: Family): Size[] {
  const words = family.sizes.split(' ')
  const whole = words.filter((word) => !word.includes('-'))
  const found = new Map(whole.map((word, i) => [word.split(':')[0], sizeOf(family, word, i)]))
  const constrained = words
    .filter((word) => word.includes('-'))
    .map((word): Size => {
      const parent = found.get(word.replace(/-\d+/, ''))
      if (parent === undefined) throw new Error(`${family.family}: ${word} constrains no size`)
      const name = nameOf(family, word)
      return {
        ...parent,
        name,
        parent: parent.name,
        vcpusAvailable: Number(/-(\d+)/.exec(word)?.[1]),
      }
    })
  return [...found.values(), ...constrained]
}

function sizeOf(family: Family, word: string, index: number): Size {
  const [label = '', memory, cores] = word.split(':')
  const vcpus = Number(cores ?? Number.parseInt(label, 10))
  return {
    name: nameOf(family, label),
    family: family.family,
    series: family.series,
    vcpus,
    vcpusAvailable: vcpus,
    memoryGib: Number(memory ?? vcpus * (family.gb ?? Number.NaN)),
    dataDisksMax: step(family.disks, vcpus),
    nicsMax: step(family.nics, vcpus),
    tempDiskMib: Math.round(1024 * nth(family.temp, index, vcpus)),
    localNvmeMib: Math.floor(1024 * nth(family.nvme, index, vcpus)),
    gpus: nth(family.gpus, index, vcpus),
    parent: null,
    traits: new Set(family.is.split(' ') as Trait[]),
  }
}

function nameOf({ names }: Family, label: string): string {
  const name = names.replace('*', label)
  return name.startsWith('Basic_') ? name : `Standard_${name}`
}

/** What a ladder gives at a number of vCPUs. */
function step(ladder: string, vcpus: number): number {
  const rungs = ladder.split(' ').map((rung) => rung.split(':').map(Number))
  return rungs.findLast(([from = 0]) => from <= vcpus)?.[1] ?? Number.NaN
}

function nth(list: number | string | undefined, index: number, vcpus: number): number {
  if (typeof list !== 'string') return (list ?? 0) * vcpus
  return Number(list.split(' ')[index])
}
