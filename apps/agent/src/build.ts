// Builds the agent: TypeScript → esbuild → QuickJS → one static program. usage: node build.ts
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Bundle, bundle } from './build/bundle.ts'
import { compileProgram, type QuickJs, quickJs } from './build/quickjs.ts'
import { root } from './build/root.ts'

export { BuildError } from './build/run.ts'

/** A guest program, built. */
export interface GuestProgram {
  /** A static executable for this machine's architecture. */
  readonly path: string
  /** Lowercase hexadecimal. */
  readonly sha256: string
  readonly sizeBytes: number
  /** The project's files that are in it, from the root, sorted. */
  readonly inputs: readonly string[]
}

/** Where programs are kept, and who hears what is being done. */
export interface BuildOptions {
  /** Default: `.cache/agent` of the project. Holds whole files only, at any moment. */
  readonly cacheDirectory?: string
  readonly progress?: (text: string) => void
}

/**
 * Builds the guest agent, or finds it built from the same inputs. The same inputs give the same
 * bytes, in whatever folder.
 * @throws {BuildError} a compiler that is missing or failed.
 */
export function buildAgent(options: BuildOptions = {}): Promise<GuestProgram> {
  return buildGuestProgram('agent', join(root, 'apps/agent/src/main.ts'), options)
}

/** Builds another program for the guest (tests have some) the way the agent is built. */
export async function buildGuestProgram(
  name: string,
  entry: string,
  { cacheDirectory = join(root, '.cache/agent'), progress = () => {} }: BuildOptions = {},
): Promise<GuestProgram> {
  const compiler = await quickJs(cacheDirectory, progress)
  const bundled = await bundle(entry, version())
  const hash = createHash('sha256').update(compiler.hash).update(bundled.code).digest('hex')
  const path = join(cacheDirectory, `${name}-${hash.slice(0, 16)}`)
  if (!existsSync(path)) {
    progress(`compiling ${name}`)
    await make(compiler, bundled, cacheDirectory, path)
  }
  const program = readFileSync(path)
  const sha256 = createHash('sha256').update(program).digest('hex')
  return { path, sha256, sizeBytes: program.length, inputs: bundled.inputs }
}

async function make(compiler: QuickJs, bundled: Bundle, cacheDirectory: string, path: string) {
  const scratch = mkdtempSync(join(cacheDirectory, 'making-'))
  try {
    writeFileSync(join(scratch, 'program.js'), bundled.code)
    const made = join(scratch, 'program')
    await compileProgram(compiler, scratch, made)
    renameSync(made, path)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function version(): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}

if (import.meta.main) {
  const { path, sha256, sizeBytes } = await buildAgent({ progress: console.error })
  console.log(`${path} ${sha256} ${sizeBytes} bytes`)
}
