import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const beside = join(import.meta.dirname, '../../../shared/corpus')

/** The folder of evidence recorded elsewhere; null where this machine has none. */
export const corpus: string | null =
  [process.env.EVIDENCE_CORPUS, beside].find(
    (folder) => folder !== undefined && existsSync(join(folder, 'MANIFEST.tsv')),
  ) ?? null

/** For `test(…, { skip })`: why the corpus can't be run here, false where it can. */
export const skipWithoutCorpus: string | false =
  corpus === null && 'no evidence corpus: set EVIDENCE_CORPUS to its folder'

/** A line of the manifest: a file, what it is, and what is known of it. */
export interface Entry {
  readonly file: string
  readonly kind: string
  readonly description: string
  readonly expected: string
}

/** What one file was expected to be, by whom it was read, and what it was. */
export interface Row {
  readonly file: string
  readonly expected: string
  readonly got: string
  readonly right: boolean
}

/** Every line of the manifest, by the names in its first. */
export function manifest(): Entry[] {
  const [head = '', ...lines] = readFileSync(join(corpus!, 'MANIFEST.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
  const names = head.split('\t')
  return lines.map((line) => {
    const cells = line.split('\t')
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])) as unknown as Entry
  })
}

export function bytesOf(file: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(corpus!, file)))
}

export function textOf(file: string): string | null {
  const path = join(corpus!, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}
