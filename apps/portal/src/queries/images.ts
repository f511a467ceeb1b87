import { useQuery } from '@tanstack/react-query'
import { background } from '../api/client.ts'
import { useSubscription } from '../session/subscription.tsx'
import { everyOf } from './every-of.ts'

interface Bytes {
  readonly id: string
  readonly name: string
}

/** Somebody's disk, as it was taken. */
export interface Image extends Bytes {
  readonly properties: {
    readonly provisioningState: string
    readonly hyperVGeneration?: string
    readonly storageProfile?: { readonly osDisk?: { readonly osType?: string } }
  }
}

interface Definition extends Bytes {
  readonly properties: { readonly osType: string; readonly hyperVGeneration?: string }
}

/** A certificate or digest that a gallery's version puts among the keys its firmware begins with. */
export interface OwnKey {
  readonly type: string
  readonly value: readonly string[]
}

/** What virtual machines are made of, and the keys that their firmware begins with. */
export interface ImageVersion extends Bytes {
  readonly properties: {
    readonly provisioningState: string
    readonly publishingProfile?: {
      readonly publishedDate?: string
      readonly excludeFromLatest?: boolean
    }
    readonly securityProfile?: {
      readonly uefiSettings?: {
        readonly signatureTemplateNames?: readonly string[]
        readonly additionalSignatures?: Readonly<Record<string, OwnKey | readonly OwnKey[]>>
      }
    }
  }
}

/** An image or a gallery's version, in a line. */
export interface ImageRow {
  readonly id: string
  /** `GALLERY/DEFINITION/VERSION` of a gallery's, as the command line takes it. */
  readonly name: string
  readonly isVersion: boolean
  readonly system: string
  readonly generation: string
  readonly state: string
}

const COMPUTE = 'providers/Microsoft.Compute'

/** Every image and every version of every gallery. */
export function useImages() {
  const { id } = useSubscription()
  return useQuery({
    queryKey: ['list', id, 'images'],
    queryFn: async (): Promise<readonly ImageRow[]> => {
      const [images, galleries] = await Promise.all([
        everyOf<Image>(background, `${id}/${COMPUTE}/images`),
        everyOf<Bytes>(background, `${id}/${COMPUTE}/galleries`),
      ])
      const versions = await Promise.all(galleries.map(versionsOf))
      return [...images.map(rowOf), ...versions.flat()]
    },
  })
}

function rowOf({ id, name, properties }: Image): ImageRow {
  const { hyperVGeneration = '', provisioningState, storageProfile } = properties
  const system = storageProfile?.osDisk?.osType ?? ''
  return {
    id,
    name,
    isVersion: false,
    system,
    generation: hyperVGeneration,
    state: provisioningState,
  }
}

async function versionsOf(gallery: Bytes): Promise<readonly ImageRow[]> {
  const definitions = await everyOf<Definition>(background, `${gallery.id}/images`)
  const rows = definitions.map(async (definition) => {
    const versions = await everyOf<ImageVersion>(background, `${definition.id}/versions`)
    const { osType, hyperVGeneration = 'V2' } = definition.properties
    return versions.map(({ id, name, properties }) => ({
      ...{ id, name: `${gallery.name}/${definition.name}/${name}`, isVersion: true },
      ...{ system: osType, generation: hyperVGeneration, state: properties.provisioningState },
    }))
  })
  return (await Promise.all(rows)).flat()
}

export function useImage(id: string) {
  return useQuery({
    queryKey: ['resource', id.toLowerCase()],
    queryFn: async () => (await background.get(id)) as unknown as Image | ImageVersion,
  })
}

/** What was found when its bytes were looked at. */
export interface ImageReport {
  readonly sha256: string
  readonly format: string
  readonly fileBytes: number
  readonly examination: {
    readonly conclusion: string
    readonly sizeBytes: number
    readonly rows: readonly {
      readonly what: string
      readonly state: 'works' | 'does not' | 'cannot tell'
      readonly reason: string
      readonly advice: string | null
    }[]
  }
}

export function useImageReport(id: string) {
  return useQuery({
    queryKey: ['resource', id.toLowerCase(), 'report'],
    queryFn: async () =>
      (await background.get(`${id}/providers/TrustedLaunch/report`)) as unknown as ImageReport,
  })
}
