import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeDurably } from '../state-directory.ts'
import { takeBuildLock } from './build-lock.ts'
import { removeBuildFolder } from './contained.ts'
import { type Step, silently } from './step.ts'

/** A guest image, whole and never written to again: machines get copies. Its SHA-256 names it. */
export interface Image {
  readonly name: string
  readonly sha256: string
  readonly path: string
  readonly format: 'raw' | 'qcow2'
}

/** A kernel module of an image: its path in the guest, and the SHA-256 of the whole file. */
export interface ImageModule {
  readonly path: string
  readonly sha256: string
}

/**
 * The kernel modules that an image was built with, for reference values: of one whose initial RAM file
 * system does not tell them. Null: its builder wrote none down.
 */
export function modulesOfImage({ path }: Image): readonly ImageModule[] | null {
  const facts = JSON.parse(readFileSync(join(dirname(path), 'image.json'), 'utf8'))
  return facts.modules ?? null
}

/** How one image is made: what it comes from, and the deed. */
export interface Recipe {
  readonly name: string
  readonly format: 'raw' | 'qcow2'
  /** Everything besides this folder's code that decides the image. Bytes count by their SHA-256. */
  readonly inputs: Readonly<Record<string, string | Uint8Array>>
  /** Writes the image to `path`. Returns what `image.json` tells of it. */
  build(path: string, work: Work): Promise<Readonly<Record<string, unknown>>>
}

/** What a build is given. */
export interface Work {
  /** For whatever else it writes; gone afterwards. */
  readonly folder: string
  readonly step: Step
  /** The build's lock, for tools that may outlive a killed builder. */
  readonly lock: number
  /** Ends the build: what takes seconds heeds it. */
  readonly signal?: AbortSignal
}

/** Who is told of a build, and who ends it: what is half made goes. */
export interface Builder {
  readonly step?: Step | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The image of a recipe: the one made before from the same inputs, or a new one. Made in a folder of
 * its own and renamed when whole, so a killed build leaves nothing that could be taken for an image;
 * what it leaves goes with the next build. One build of a name at a time.
 * @throws the signal's reason: the build was ended by it.
 */
export async function imageOf(
  recipe: Recipe,
  cacheDirectory: string,
  { step = silently, signal }: Builder = {},
): Promise<Image> {
  const images = join(cacheDirectory, 'images')
  const made = indexOf(images, recipe)
  const there = madeBefore(images, recipe, made)
  if (there !== null) return there
  mkdirSync(images, { recursive: true })
  const lock = await takeBuildLock(join(images, `${recipe.name}.lock`), step, signal)
  try {
    const given = { step, lock, ...(signal !== undefined && { signal }) }
    return madeBefore(images, recipe, made) ?? (await make(images, recipe, made, given))
  } finally {
    closeSync(lock)
  }
}

function madeBefore(images: string, recipe: Recipe, made: string): Image | null {
  if (!existsSync(made)) return null
  const image = imageAt(images, recipe, JSON.parse(readFileSync(made, 'utf8')).sha256)
  return existsSync(image.path) ? image : null
}

async function make(
  images: string,
  recipe: Recipe,
  made: string,
  given: Omit<Work, 'folder'>,
): Promise<Image> {
  const prefix = `.part-${recipe.name}-`
  for (const left of readdirSync(images).filter((name) => name.startsWith(prefix)))
    await removeBuildFolder(join(images, left))
  const folder = join(images, `${prefix}${randomBytes(8).toString('hex')}`)
  const whole = join(folder, 'image')
  mkdirSync(whole, { recursive: true })
  try {
    const file = join(whole, `disk.${recipe.format}`)
    const facts = await recipe.build(file, { ...given, folder })
    given.signal?.throwIfAborted()
    const sizeBytes = await syncFile(file)
    const sha256 = await sha256OfFile(file, given.signal)
    const image = imageAt(images, recipe, sha256)
    const { name, format } = recipe
    const built = new Date().toISOString()
    await writeJson(join(whole, 'image.json'), { name, format, sha256, sizeBytes, built, ...facts })
    if (!existsSync(image.path)) await rename(whole, dirname(image.path))
    mkdirSync(dirname(made), { recursive: true })
    await writeJson(made, { sha256 })
    return image
  } finally {
    await removeBuildFolder(folder)
  }
}

function imageAt(images: string, { name, format }: Recipe, sha256: string): Image {
  const path = join(folderIn(images, name, sha256), `disk.${format}`)
  return { name, sha256, path, format }
}

function folderIn(images: string, name: string, sha256: string): string {
  return join(images, `${name}-${sha256.slice(0, 16)}`)
}

/** Where an image is kept, if it is. */
export function imageFolder(cacheDirectory: string, name: string, sha256: string): string {
  return folderIn(join(cacheDirectory, 'images'), name, sha256)
}

/** When an image was built; of one that does not say so, when it was written. */
export function builtAt({ path }: Image): Date {
  const facts = join(dirname(path), 'image.json')
  const { built } = JSON.parse(readFileSync(facts, 'utf8'))
  return built === undefined ? statSync(facts).mtime : new Date(built)
}

/** The image that a recipe made before from the same inputs; null: it would be made now. */
export function imageMade(recipe: Recipe, cacheDirectory: string): Image | null {
  const images = join(cacheDirectory, 'images')
  return madeBefore(images, recipe, indexOf(images, recipe))
}

function indexOf(images: string, recipe: Recipe): string {
  return join(images, 'made', `${recipe.name}-${hashOfInputs(recipe)}.json`)
}

function hashOfInputs({ name, inputs }: Recipe): string {
  const hash = createHash('sha256').update(name)
  for (const file of readdirSync(import.meta.dirname).sort())
    hash.update(readFileSync(join(import.meta.dirname, file)))
  for (const key of Object.keys(inputs).sort())
    hash.update(`\0${key}\0`).update(createHash('sha256').update(inputs[key]!).digest())
  return hash.digest('hex').slice(0, 32)
}

function writeJson(path: string, value: object): Promise<void> {
  return writeDurably(path, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`), 0o644)
}

/** Makes a file's bytes last; gives their number. */
async function syncFile(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const how = { highWaterMark: 1 << 20, ...(signal !== undefined && { signal }) }
  for await (const chunk of createReadStream(path, how)) hash.update(chunk)
  return hash.digest('hex')
}
