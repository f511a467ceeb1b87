// Loaded before a program that stays: TypeScript whose types were stripped once is read from .cache/stripped, by its
// content, so that what strips them, 20 MiB in each thread, is not loaded (docs/benchmarks.md, api).
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = process.env.TL_STRIPPED ?? join(import.meta.dirname, '../.cache/stripped')

/** Kept where that can be; where not, as in an installation of somebody else's, it is stripped each time. */
function keep(path, source) {
  const part = `${path}.${process.pid}.part`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(part, source)
    renameSync(part, path)
  } catch {
    // It is only slower.
  }
}

function stripped(text) {
  // What strips differs between versions of Node.
  const hash = createHash('sha256').update(`${process.version}\0${text}`).digest('hex')
  const path = join(folder, `${hash}.mjs`)
  try {
    return readFileSync(path, 'utf8')
  } catch {
    const source = stripTypeScriptTypes(text)
    keep(path, source)
    return source
  }
}

registerHooks({
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
    const source = stripped(readFileSync(fileURLToPath(url), 'utf8'))
    return { format: 'module', source, shortCircuit: true }
  },
})
