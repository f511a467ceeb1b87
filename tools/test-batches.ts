// Runs tests as `node --test` does, but small files of one folder together in one process: a process of each its own
// needs longer to load what it tests than to test it.
// usage: node tools/run.mjs tools/test-batches.ts GLOB … [options of node --test]
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
/** Whose tests leave nothing behind in their process. */
const TOGETHER = /^(apps\/(cli|service)|packages\/[^/]+)\/test\//
/** What is the process's, not a file's: its environment, its folder, its end, its hooks, and where snapshots are. */
const ALONE = /\.snapshot\(|process\.(env\.\w+ =|(chdir|exit|on)\b)|\bargv\b|^(before|after)\(/m
const FILES_MAX = 10

/** @param files by their paths in the project; @returns what each process runs, in the order of `files`. */
export function batchesOf(files: readonly string[], textOf: (file: string) => string): string[][] {
  const batches: string[][] = []
  const open = new Map<string, string[]>()
  for (const file of files) {
    const folder = dirname(file)
    const batch = open.get(folder)
    if (!TOGETHER.test(file) || ALONE.test(textOf(file))) batches.push([file])
    else if (batch !== undefined && batch.length < FILES_MAX) batch.push(file)
    else {
      const begun = [file]
      open.set(folder, begun)
      batches.push(begun)
    }
  }
  return batches
}

/** A file that runs those of a batch, by the name of the first. */
function written(batch: readonly string[], folder: string): string {
  if (batch.length === 1) return batch[0]!
  const path = join(folder, `${batch[0]!.replaceAll('/', '.')}.and-${batch.length - 1}-more.mjs`)
  const urls = batch.map((file) => pathToFileURL(join(root, file)))
  writeFileSync(path, urls.map((url) => `import '${url}'\n`).join(''))
  return path
}

if (import.meta.main) {
  const args = process.argv.slice(2)
  const [options, globs] = [true, false].map((is) =>
    args.filter((arg) => arg.startsWith('-') === is),
  )
  const exclude = (name: string) => /^(node_modules|\.\w+)$/.test(name)
  const files = globs!.flatMap((glob) => globSync(glob, { cwd: root, exclude })).sort()
  const folder = join(root, '.cache/test-batches')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const batches = batchesOf(files, (file) => readFileSync(join(root, file), 'utf8'))
  const given = batches.map((batch) => written(batch, folder))
  const run = [join(root, 'tools/run.mjs'), '--test', '--test-concurrency=2', ...options!, ...given]
  spawn(process.execPath, run, { stdio: 'inherit', cwd: root }).on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
