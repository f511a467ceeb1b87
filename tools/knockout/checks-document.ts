import { CHECK_LIST, FINDINGS } from '@trusted-launch/attestation'
import type { Enforced } from './without-check.ts'

/** A file of the project, and which checks it enforces where. */
export interface EnforcingFile {
  readonly path: string
  readonly enforced: readonly Enforced[]
}

/** A test that fails without a check. */
export interface FailingTest {
  readonly file: string
  readonly test: string
}

const head = `# Checks

What the verifier checks, by number. Made by \`npm run checks:knockout\`, which takes each check out, one after the other, and runs the unit
tests of \`packages/attestation\` and \`packages/eventlog\` without it: the test named is one that fails then. Severity, component and advice of
each finding are in \`packages/attestation/src/findings/\`.

| | verifies | protects from | findings | where | fails without it |
| --- | --- | --- | --- | --- | --- |
`

/** docs/checks.md. */
export function checksDocument(
  files: readonly EnforcingFile[],
  failing: ReadonlyMap<number, FailingTest>,
): string {
  const rows = Object.entries(CHECK_LIST).map(([number, { verifies, protectsFrom }]) => {
    const check = Number(number)
    const ids = Object.entries(FINDINGS)
      .filter(([, finding]) => finding.check === check)
      .map(([id]) => `\`${id}\``)
    const where = files.filter(({ enforced }) => enforced.some((one) => one.check === check))
    const test = failing.get(check)
    const cells = [
      number,
      verifies,
      protectsFrom,
      ids.join(' '),
      where.map(({ path }) => `\`${path}\``).join(' '),
      test === undefined ? '**nothing**' : `\`${test.file}\`: ${test.test}`,
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return `${head}${rows.join('\n')}\n`
}

/** The file of the test that the document names for each check: tried first the next time. */
export function testFilesIn(document: string): Map<number, string> {
  const rows = document.split('\n').flatMap((line) => {
    const [, number, file] = /^\| (\d+) \|.*\| `([^`]+\.test\.ts)`: .*\|$/.exec(line) ?? []
    return number === undefined ? [] : [[Number(number), file!] as const]
  })
  return new Map(rows)
}

/** The document without the tests: what a run without the corpus gives, too. */
export function withoutTests(document: string): string {
  return document.replace(/^(\| \d+ \|.*\|) (?:\*\*nothing\*\*|`[^`]+\.test\.ts`: .*) \|$/gm, '$1')
}
