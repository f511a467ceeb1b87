import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeDurably } from '../state-directory.ts'

/** A guest image, whole and never written to again: machines get copies. Its SHA-256 names it. */
export interface Image {
  readonly name: string
  readonly sha256: string
  readonly path: string
  readonly format: 'raw' | 'qcow2'
}

/** How one image is made: what it comes from, and the deed. */
export interface Recipe {
  readonly name: string
  readonly format: 'raw' | 'qcow2'
  /** Everything that decides the image's bytes. Bytes count by their SHA-256. */
  readonly inputs: Readonly<Record<string, string | Uint8Array>>
  /** Told in the image's `image.json`. */
  readonly facts: Readonly<Record<string, unknown>>
  build(path: string): Promise<void>
}

/**
 * The image of a recipe: the one made before from the same inputs, or a new one. Made in a folder of
 * its own and renamed when whole, so a killed build leaves nothing that could be taken for an image.
 */
export async function imageOf(recipe: Recipe, cacheDirectory: string): Promise<Image> {
  const images = join(cacheDirectory, 'images')
  const made = join(images, 'made', `${recipe.name}-${hashOfInputs(recipe)}.json`)
  if (existsSync(made)) {
    const image = imageAt(images, recipe, JSON.parse(readFileSync(made, 'utf8')).sha256)
    if (existsSync(image.path)) return image
  }
  const work = join(images, `.part-${randomBytes(8).toString('hex')}`)
  mkdirSync(work, { recursive: true })
  try {
    const file = join(work, `disk.${recipe.format}`)
    await recipe.build(file)
    const sha256 = await sha256OfFile(file)
    const image = imageAt(images, recipe, sha256)
    const { size } = await stat(file)
    const record = { name: recipe.name, format: recipe.format, sha256, sizeBytes: size }
    await writeFile(
      join(work, 'image.json'),
      `${JSON.stringify({ ...record, ...recipe.facts }, null, 2)}\n`,
    )
    if (!existsSync(image.path)) await rename(work, dirname(image.path))
    mkdirSync(dirname(made), { recursive: true })
    await writeDurably(made, new TextEncoder().encode(JSON.stringify({ sha256 })), 0o644)
    return image
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function imageAt(images: string, { name, format }: Recipe, sha256: string): Image {
  const path = join(images, `${name}-${sha256.slice(0, 16)}`, `disk.${format}`)
  return { name, sha256, path, format }
}

function hashOfInputs({ name, inputs }: Recipe): string {
  const hash = createHash('sha256').update(name)
  for (const key of Object.keys(inputs).sort())
    hash.update(`\0${key}\0`).update(createHash('sha256').update(inputs[key]!).digest())
  return hash.digest('hex').slice(0, 32)
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return hash.digest('hex')
}
