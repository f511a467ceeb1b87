import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { background, client } from '../api/client.ts'
import { everyOf } from './every-of.ts'
import { locationOf } from './place.ts'

/** The largest piece that the service takes. */
const PIECE_BYTES = 4 << 20
const KEY = 'trusted-launch.image-import'

/** A disk that is to become an image: a file of this machine's, or an address that the service may fetch from. */
export interface ImportAsked {
  readonly subscription: string
  /** The path of its group, which is made where it is not there. */
  readonly group: string
  readonly name: string
  readonly source: File | string
}

/** What the service is doing about it; kept with the window, so that a reload finds it again. */
interface Taking {
  readonly id: string
  readonly operationUrl: string | null
}

export interface ImportStage {
  readonly stage: 'sending' | 'taking'
  readonly percent: number
  readonly step: string | null
}

/** Sends a disk, and has it made an image of. Leaving the page ends what is not sent yet; the rest goes on. */
export function useImageImport() {
  const known = useQueryClient()
  const [stage, tell] = useState<ImportStage | null>(null)
  const leaving = useRef<AbortController | null>(null)
  const run = useMutation({
    mutationFn: async (asked: ImportAsked | null) => {
      const taking = asked === null ? kept() : await begun(asked, tell, leaving)
      if (taking === null) return null
      await followed(taking, tell)
      return taking.id
    },
    onSettled: async () => {
      tell(null)
      await known.invalidateQueries({ queryKey: ['list'] })
    },
  })
  const { mutate } = run
  useEffect(() => {
    if (kept() !== null) mutate(null)
    return () => leaving.current?.abort()
  }, [mutate])
  return { run, stage }
}

async function begun(
  asked: ImportAsked,
  tell: (stage: ImportStage) => void,
  leaving: { current: AbortController | null },
): Promise<Taking> {
  const { subscription, group, name, source } = asked
  const location = await locationOf(subscription)
  const groups = await everyOf<{ id: string }>(background, `${subscription}/resourceGroups`)
  if (!groups.some(({ id }) => id.toLowerCase() === group.toLowerCase()))
    await client.ask('PUT', group, { location })
  leaving.current = new AbortController()
  const uploaded =
    typeof source === 'string' ? null : await upload(group, source, tell, leaving.current.signal)
  const id = `${group}/providers/Microsoft.Compute/images/${name}`
  const osDisk = { osState: 'Generalized', blobUri: uploaded?.uri ?? (source as string) }
  try {
    const properties = { storageProfile: { osDisk } }
    const { operationUrl } = await client.ask('PUT', id, { location, properties })
    const taking = { id, operationUrl }
    sessionStorage.setItem(KEY, JSON.stringify(taking))
    return taking
  } catch (error) {
    await uploaded?.remove().catch(() => {})
    throw error
  }
}

/** In pieces; those of zeros alone are left out. */
async function upload(
  group: string,
  file: File,
  tell: (stage: ImportStage) => void,
  signal: AbortSignal,
) {
  const at = `${group}/providers/TrustedLaunch/uploads/${crypto.randomUUID()}`
  const remove = () => client.ask('DELETE', at)
  let uri = ''
  try {
    for (let offset = 0; offset < file.size; offset += PIECE_BYTES) {
      signal.throwIfAborted()
      const end = Math.min(file.size, offset + PIECE_BYTES)
      const piece = new Uint8Array(await file.slice(offset, end).arrayBuffer())
      const isNeeded = offset === 0 || end === file.size || piece.some((byte) => byte !== 0)
      if (isNeeded)
        uri = String((await client.putBytes(`${at}?offset=${offset}&size=${file.size}`, piece)).uri)
      tell({ stage: 'sending', percent: Math.floor((100 * end) / file.size), step: null })
    }
    return { uri, remove }
  } catch (error) {
    await remove().catch(() => {})
    throw error
  }
}

async function followed(
  { operationUrl }: Taking,
  tell: (stage: ImportStage) => void,
): Promise<void> {
  try {
    if (operationUrl !== null)
      await background.wait(operationUrl, ({ percent, step }) =>
        tell({ stage: 'taking', percent, step }),
      )
  } finally {
    sessionStorage.removeItem(KEY)
  }
}

function kept(): Taking | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
  } catch {
    return null
  }
}
