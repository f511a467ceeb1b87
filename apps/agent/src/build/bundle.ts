import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './root.ts'
import { run } from './run.ts'

/** A guest program as one ES2020 module, and the files of this project that are in it. */
export interface Bundle {
  readonly code: Uint8Array
  /** Paths from the project's root, sorted. */
  readonly inputs: readonly string[]
}

const esbuild = join(root, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`)

const OPTIONS = [
  ...['--bundle', '--format=esm', '--platform=neutral', '--target=es2020', '--conditions=guest'],
  ...['--external:std', '--external:os', '--minify', '--legal-comments=none'],
  // QuickJS has these of later years; lowered they would cost memory.
  ...['--supported:class-field=true', '--supported:class-private-field=true'],
  '--supported:class-private-method=true',
  // Not the tsconfig that happens to lie around the sources.
  '--tsconfig-raw={"compilerOptions":{"useDefineForClassFields":false}}',
]

/**
 * Bundles the TypeScript program `entry` for QuickJS: only `std` and `os` stay imports, and the
 * rooms' doors open on their `guest` side. Same inputs, same bytes, wherever the folder is.
 * @throws {BuildError}
 */
export async function bundle(entry: string, version: string): Promise<Bundle> {
  const scratch = mkdtempSync(join(tmpdir(), 'guest-bundle-'))
  const outfile = join(scratch, 'program.js')
  const metafile = join(scratch, 'meta.json')
  const define = `--define:AGENT_VERSION=${JSON.stringify(version)}`
  const files = [entry, `--outfile=${outfile}`, `--metafile=${metafile}`]
  try {
    await run(esbuild, [...files, define, ...OPTIONS], root)
    const inputs = inputsOf(JSON.parse(readFileSync(metafile, 'utf8')))
    return { code: new Uint8Array(readFileSync(outfile)), inputs }
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function inputsOf(meta: { outputs: Record<string, { inputs: Record<string, Bytes> }> }): string[] {
  const [output] = Object.values(meta.outputs)
  const used = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  return used.map(([path]) => path).sort()
}

interface Bytes {
  readonly bytesInOutput: number
}
