// Builds the portal into .cache/portal, compressed ahead, and checks what a first visit loads.
// usage: node tools/run.mjs tools/make-portal.ts   (set-up runs it when a file it comes from changed)
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { FIRST_LOAD_BYTES_MAX, type Loaded } from './portal-sizes/sizes.ts'

const out = fileURLToPath(new URL('../.cache/portal', import.meta.url))
const SMALL = 1_024

interface Chunk {
  readonly file: string
  readonly src?: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

await build({
  configFile: fileURLToPath(new URL('../apps/portal/vite.config.ts', import.meta.url)),
  logLevel: 'warn',
})
const folder = join(out, 'portal')
const manifestFile = join(folder, '.vite', 'manifest.json')
const chunks: Record<string, Chunk> = JSON.parse(readFileSync(manifestFile, 'utf8'))
rmSync(join(folder, '.vite'), { recursive: true })
const sizes = compressAll(join(folder, 'assets'))
const rows = tableOf(chunks, sizes)
writeFileSync(join(out, 'sizes.json'), JSON.stringify(rows, null, 2))
for (const { name, bytes } of rows)
  console.log(`${name.padEnd(40)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`)
const first = rows[0]!.bytes
if (first > FIRST_LOAD_BYTES_MAX) {
  console.error(`a first visit loads ${first} bytes; at most ${FIRST_LOAD_BYTES_MAX} are wanted`)
  process.exitCode = 1
}

/** Brotli and gzip beside each file that is worth it. @returns brotli's size of each, by name. */
function compressAll(assets: string): Map<string, number> {
  return new Map(
    readdirSync(assets).map((name) => {
      const path = join(assets, name)
      const bytes = readFileSync(path)
      if (bytes.length < SMALL) return [`assets/${name}`, bytes.length]
      const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
      const small = brotliCompressSync(bytes, { params })
      writeFileSync(`${path}.br`, small)
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      return [`assets/${name}`, small.length]
    }),
  )
}

/** What a first visit loads, then what each page adds to it. */
function tableOf(chunks: Record<string, Chunk>, sizes: Map<string, number>): Loaded[] {
  const entry = Object.values(chunks).find(({ isEntry }) => isEntry === true)!
  const first = filesOf(entry, new Set())
  const sum = (files: Iterable<string>) =>
    [...files].reduce((total, file) => total + (sizes.get(file) ?? 0), 0)
  const pages = Object.values(chunks)
    .filter(({ src, isEntry }) => src !== undefined && isEntry !== true)
    .map((chunk) => ({ name: chunk.src!, bytes: sum(filesOf(chunk, new Set(first))) }))
  return [{ name: 'first load', bytes: sum(first) }, ...pages]

  function filesOf(chunk: Chunk, known: Set<string>): Set<string> {
    const found = new Set<string>()
    const walk = ({ file, imports = [], css = [] }: Chunk) => {
      for (const each of [file, ...css]) if (!known.has(each)) found.add(each)
      known.add(file)
      for (const name of imports) if (!known.has(chunks[name]!.file)) walk(chunks[name]!)
    }
    walk(chunk)
    return found
  }
}
