import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { root } from './root.ts'
import { run } from './run.ts'

/** QuickJS 2021-03-27 in C, as npm's `qjsc` brings it; nothing else of that package is used. */
const source = join(root, 'node_modules/qjsc/deps/quickjs_2021_03_27')
const COMPILER = 'musl-gcc'
const LIBRARY = ['quickjs', 'libregexp', 'libunicode', 'cutils', 'quickjs-libc', 'libbf']
const FLAGS = [
  ...['-D_GNU_SOURCE', '-DCONFIG_VERSION="2021-03-27"', '-DCONFIG_BIGNUM'],
  ...[
    '-Oz',
    '-fwrapv',
    '-ffunction-sections',
    '-fdata-sections',
    '-fno-asynchronous-unwind-tables',
  ],
]
const LINK = [
  ...['-static', '-s', '-Wl,--gc-sections', '-Wl,--build-id=none', '-Wl,-z,noseparate-code'],
  ...['-lm', '-lpthread'],
]
/** Parts of the language that no guest program uses: `-fno-…` of qjsc, the compiler to C. */
const LEFT_OUT = ['date', 'eval', 'string-normalize', 'json', 'proxy', 'module-loader']

/** A compiled QuickJS: what guest programs are linked with, and the compiler from module to C. */
export interface QuickJs {
  readonly directory: string
  /** Of the sources, the flags and the compiler. */
  readonly hash: string
}

/** Compiles QuickJS once for each state of its sources; kept under `cacheDirectory`. */
export async function quickJs(
  cacheDirectory: string,
  progress: (text: string) => void,
): Promise<QuickJs> {
  const hash = await hashOfSources()
  const directory = join(cacheDirectory, `quickjs-${hash.slice(0, 16)}`)
  if (existsSync(directory)) return { directory, hash }
  mkdirSync(cacheDirectory, { recursive: true })
  const scratch = mkdtempSync(join(cacheDirectory, 'making-'))
  try {
    progress('compiling QuickJS')
    await compile(scratch)
    renameOver(scratch, directory)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return { directory, hash }
}

async function compile(scratch: string): Promise<void> {
  const names = [...LIBRARY, 'qjsc']
  const units = names.map((name) =>
    run(COMPILER, [...FLAGS, '-c', '-o', join(scratch, `${name}.o`), `${name}.c`], source),
  )
  await Promise.all(units)
  const objects = names.map((name) => `${name}.o`)
  await run(COMPILER, ['-static', '-s', '-o', 'qjsc', ...objects, '-lm', '-lpthread'], scratch)
}

/** Another process may have made the same meanwhile: then its work stands. */
function renameOver(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (e) {
    if (!existsSync(to)) throw e
  }
}

/** From a module to a static program at `out`, in the folder `scratch`, where `program.js` is. */
export async function compileProgram(
  { directory }: QuickJs,
  scratch: string,
  out: string,
): Promise<void> {
  const features = LEFT_OUT.map((name) => `-fno-${name}`)
  await run(
    join(directory, 'qjsc'),
    ['-e', '-m', ...features, '-o', 'program.c', 'program.js'],
    scratch,
  )
  const objects = LIBRARY.map((name) => join(directory, `${name}.o`))
  await run(
    COMPILER,
    [...FLAGS, '-I', source, '-o', out, 'program.c', ...objects, ...LINK],
    scratch,
  )
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([FLAGS, LINK, LEFT_OUT]))
  hash.update(await run(COMPILER, ['--version'], root))
  for (const name of readdirSync(source).sort())
    if (/\.[ch]$/.test(name)) hash.update(`${name}\0`).update(readFileSync(join(source, name)))
  return hash.digest('hex')
}
