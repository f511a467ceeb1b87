import {
  array,
  type BootChange,
  COMPONENT,
  hex,
  measuredAs,
  object,
  oneOf,
  type Shape,
  string,
} from '@trusted-launch/attestation'
import { fromUtf8, within } from '@trusted-launch/codec'
import { everyOf } from '../every-of.ts'
import type { JsonObject, Resource, Tables } from '../store.ts'
import { at, stateOf } from '../vm/vm.ts'
import { imageOf, scopesOf } from './kept.ts'

/** An update that somebody says will come: it extends a VM, a scale set or a subscription. */
export const ANNOUNCED_UPDATE = 'TrustedLaunch/announcedUpdates'

/** What will be measured, exactly: what else differs, no announcement covers. */
export interface AnnouncedDigests {
  /** Each thing that may change to be so: a digest, or the very text that PCR 8 and 12 measure. */
  readonly measured: readonly { readonly component: string; readonly value: string }[]
  /** SHA-256 of the files of the modules of a new kernel: none else is taken as its own. */
  readonly modules: readonly string[]
}

export interface Announcement {
  readonly reason: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly image: string | null
  readonly vmId: string | null
  /** False: it only delays the alert. */
  readonly hasDigests: boolean
  readonly by: string
  readonly request: string
}

/** At one scope. */
export const ANNOUNCEMENTS_MAX = 64
/** Longer nobody announces: 30 days. */
export const ANNOUNCED_MS_MAX = 30 * 86_400_000
const measuredMax = 256
const modulesMax = 8192

/** How a register is compared is nothing that a boot measures. */
const COMPONENTS = Object.values(COMPONENT).filter((one) => one !== COMPONENT.referenceValues)

const announcedDigests: Shape<AnnouncedDigests> = object({
  measured: array(object({ component: oneOf(...COMPONENTS), value: string({ max: 8192 }) }), {
    max: measuredMax,
  }),
  modules: array(hex({ min: 32, max: 32 }), { max: modulesMax }),
})

/** @throws {MalformedError} */
export function checkDigests(value: unknown): AnnouncedDigests {
  return within('digests', () => announcedDigests(value))
}

export function announcementIn({ state }: Resource): Announcement {
  return at(state, 'announcement') as unknown as Announcement
}

/** Where the digests of one are, by its row's id. */
export function valueOfAnnouncement(id: string): string {
  return `announced${id.toLowerCase()}`
}

export function stateOfAnnouncement(announcement: Announcement): JsonObject {
  return { announcement: announcement as unknown as JsonObject }
}

/** @returns whether there was one. */
export async function removeAnnouncement({ resources, values }: Tables, row: Resource) {
  await values.delete(valueOfAnnouncement(row.id))
  return resources.delete(row.id)
}

/** Those that hold for a VM now. */
export async function announcedFor(
  tables: Tables,
  vm: Resource,
  now: number,
): Promise<{ readonly row: Resource; readonly digests: AnnouncedDigests | null }[]> {
  const image = imageOf(vm)
  const { vmId } = stateOf(vm)
  const found: { row: Resource; digests: AnnouncedDigests | null }[] = []
  for (const parentId of new Set(Object.values(scopesOf(vm))))
    for await (const row of everyOf(tables, { type: ANNOUNCED_UPDATE, parentId })) {
      const one = announcementIn(row)
      const isMeant = (one.vmId ?? vmId) === vmId && (one.image ?? image) === image
      if (!isMeant || now < one.from || now >= one.until) continue
      const kept = one.hasDigests ? await tables.values.get(valueOfAnnouncement(row.id)) : null
      found.push({ row, digests: kept === null ? null : JSON.parse(fromUtf8(kept)) })
    }
  return found
}

/** Whether everything that a boot measured otherwise was announced: each thing that is there now, and each module. */
export function covers(
  { measured, modules }: AnnouncedDigests,
  { differences, variant, modules: newPaths }: BootChange,
): boolean {
  const told = new Set(
    measured.flatMap(({ component, value }) =>
      measuredAs(value, variant.banks).map((digest) => `${component}\n${digest}`),
    ),
  )
  const known = new Set(modules)
  const isTold = ({ component, pcr, digest }: BootChange['differences'][number]) =>
    pcr === IMA_PCR || (digest !== null && told.has(`${component}\n${digest}`))
  const added = new Set(newPaths)
  const own = (variant.kernel.modules ?? []).filter(({ path }) => added.has(path))
  return differences.every(isTold) && own.every(({ sha256 }) => known.has(sha256))
}

/** Modules have rows of their own: by what each holds, not by how many there are. */
const IMA_PCR = 10
