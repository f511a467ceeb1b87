import { relative } from 'node:path'
import { build } from 'esbuild'
import { root } from './root.ts'

/** A guest program as one ES2020 module, and the files of this project that are in it. */
export interface Bundle {
  readonly code: Uint8Array
  /** Paths from the project's root, sorted. */
  readonly inputs: readonly string[]
}

/**
 * Bundles the TypeScript program `entry` for QuickJS: only `std` and `os` stay imports, and the
 * rooms' doors open on their `guest` side. Same inputs, same bytes, wherever the folder is.
 */
export async function bundle(entry: string, version: string): Promise<Bundle> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2020',
    conditions: ['guest'],
    external: ['std', 'os'],
    define: { AGENT_VERSION: JSON.stringify(version) },
    // QuickJS has these of later years; lowered they would cost memory.
    supported: {
      'class-field': true,
      'class-private-field': true,
      'class-private-method': true,
    },
    minify: true,
    legalComments: 'none',
    // Not the tsconfig that happens to lie around the sources.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    logLevel: 'silent',
  })
  const output = Object.values(result.metafile.outputs)[0]!
  const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
  const inputs = used.map(([path]) => relative(root, `${root}/${path}`)).sort()
  return { code: result.outputFiles[0]!.contents, inputs }
}
