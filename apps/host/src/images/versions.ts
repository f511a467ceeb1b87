import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../state-directory.ts'
import { builtAt, type Image, imageFolder } from './image.ts'

/** `2026.11.28`, and `2026.11.28.2` of what was built anew on that day. */
const FILE = /^(\d{4}\.\d{2}\.\d{2}(?:\.\d+)?)\.json$/

/** The versions of an image of ours that are kept, the oldest first: the days they were built on, in UTC. */
export function keptVersions(cacheDirectory: string, name: string): readonly string[] {
  const folder = versionsOf(cacheDirectory, name)
  if (!existsSync(folder)) return []
  const versions = readdirSync(folder).flatMap((file) => FILE.exec(file)?.[1] ?? [])
  return versions.sort(byAge)
}

/** One of them; null: it is not kept. */
export function keptImage(cacheDirectory: string, name: string, version: string): Image | null {
  if (!keptVersions(cacheDirectory, name).includes(version)) return null
  const file = join(versionsOf(cacheDirectory, name), `${version}.json`)
  const { sha256, format } = JSON.parse(readFileSync(file, 'utf8'))
  const path = join(imageFolder(cacheDirectory, name, sha256), `disk.${format}`)
  return existsSync(path) ? { name, sha256, path, format } : null
}

/** Gives an image that was built its version, which it has from then on. */
export async function keepVersion(cacheDirectory: string, image: Image): Promise<string> {
  const { name, sha256, format } = image
  const folder = versionsOf(cacheDirectory, name)
  const kept = keptVersions(cacheDirectory, name)
  const own = kept.find((one) => keptImage(cacheDirectory, name, one)?.sha256 === sha256)
  if (own !== undefined) return own
  const version = freeVersion(builtAt(image), kept)
  mkdirSync(folder, { recursive: true })
  const facts = new TextEncoder().encode(`${JSON.stringify({ sha256, format }, null, 2)}\n`)
  await writeDurably(join(folder, `${version}.json`), facts, 0o644)
  return version
}

/** The version of what is built at a time, beside those that are kept. */
export function freeVersion(at: Date, kept: readonly string[]): string {
  const day = at.toISOString().slice(0, 10).replaceAll('-', '.')
  if (!kept.includes(day)) return day
  for (let n = 2; ; n++) if (!kept.includes(`${day}.${n}`)) return `${day}.${n}`
}

function versionsOf(cacheDirectory: string, name: string): string {
  return join(cacheDirectory, 'images', 'versions', name)
}

function byAge(a: string, b: string): number {
  const [of, to] = [a, b].map((version) => version.split('.').map(Number))
  const at = of!.findIndex((part, i) => part !== to![i])
  return at === -1 ? of!.length - to!.length : of![at]! - (to![at] ?? 0)
}
