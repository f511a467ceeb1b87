import { CHECK_LIST, FINDINGS } from '@trusted-launch/attestation'
import type { Place } from './places.ts'

/** A test that fails without a place. */
export interface FailingTest {
  readonly file: string
  readonly test: string
}

const head = `# Checks

What the verifier checks, by number. Made by \`npm run checks:knockout\`, which takes out each place where one is enforced, one after the other and
each alone, and runs the unit tests of \`packages/attestation\` and \`packages/eventlog\` without it: the test named is one that fails then. Where a
check has several places, they are counted from the top of each file. Severity, component and advice of each finding are in
\`packages/attestation/src/findings/\`.

| | verifies | protects from | findings | where | fails without it |
| --- | --- | --- | --- | --- | --- |
`

/** docs/checks.md. */
export function checksDocument(
  places: readonly Place[],
  failing: ReadonlyMap<Place, FailingTest>,
): string {
  const rows = Object.entries(CHECK_LIST).map(([number, { verifies, protectsFrom }]) => {
    const check = Number(number)
    const ids = Object.entries(FINDINGS)
      .filter(([, finding]) => finding.check === check)
      .map(([id]) => `\`${id}\``)
    const own = places.filter(({ checks }) => checks.includes(check))
    const where = grouped(own, ({ path }) => `\`${path}\``)
    const tests = grouped(own, (place) => textOf(failing.get(place)))
    const cells = [number, verifies, protectsFrom, ids.join(' '), where, tests || nothing]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return `${head}${rows.join('\n')}\n`
}

const nothing = '**nothing**'
const between = ' <br> '

function textOf(test: FailingTest | undefined): string {
  return test === undefined ? nothing : `\`${test.file}\`: ${test.test}`
}

/** What is said of each place, each thing once, with the numbers of its places where there are several. */
function grouped(places: readonly Place[], say: (place: Place) => string): string {
  const numbers = Map.groupBy(places.keys(), (i) => say(places[i]!))
  return [...numbers]
    .map(([text, of]) =>
      places.length === 1 ? text : `(${of.map((i) => i + 1).join(', ')}) ${text}`,
    )
    .join(between)
}

/** The files of the tests that the document names for each check, by its places: tried first the next time. */
export function testFilesIn(document: string): Map<number, string[]> {
  const found = new Map<number, string[]>()
  for (const row of document.split('\n')) {
    const [, number, cell] = tests.exec(row) ?? []
    if (cell === undefined) continue
    const files: string[] = []
    for (const text of cell.split(between)) {
      const [, places = '1', file] = /^(?:\(([\d, ]+)\) )?`([^`]+)`: /.exec(text) ?? []
      if (file !== undefined)
        for (const place of places.split(', ')) files[Number(place) - 1] = file
    }
    found.set(Number(number), files)
  }
  return found
}

const tests = /^\| (\d+) \|.*\| ((?:\([\d, ]+\) )?(?:\*\*nothing\*\*|`[^`]+\.test\.ts`: ).*) \|$/

/** The document without the tests: what a run without the corpus gives, too. */
export function withoutTests(document: string): string {
  return document
    .split('\n')
    .map((row) => {
      const cell = tests.exec(row)?.[2]
      return cell === undefined ? row : row.slice(0, -`${cell} |`.length)
    })
    .join('\n')
}
