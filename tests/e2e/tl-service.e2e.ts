/** README's "As a service", typed as it stands, against a real host. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aControlPlane } from './a-control-plane.ts'

const root = join(import.meta.dirname, '../..')

/** What a command ends with where it is not 0, and what it must have said. */
const expected: readonly [RegExp, readonly number[], RegExp][] = [
  // a machine under test may lack something that the doctor wants and this story does not
  [/^tl doctor/, [0, 1], /firmware: /],
  [/^tl vm create/, [0], /security type +TrustedLaunch\n[\s\S]*its verdict +tl vm attest web/],
  [/^tl vm list/, [0], /^web +default +running +healthy +Standard_B1s +TrustedLaunch +on +on$/m],
  [
    /^tl vm attest/,
    [0],
    /kernel +vmlinuz +[0-9a-f]{16} +Debian Secure Boot CA[\s\S]*\naffirming\n/,
  ],
  // without the control plane, and by what it published: nothing of it is asked
  [/^tl appraise/, [0], /\naffirming\n$/],
  [/^tl evidence list/, [0], /^\d{4}-\S+ +affirming /m],
  [/^tl vm console/, [0], /Linux version/],
  [
    /^tl vm security set/,
    [0],
    /done\nweb is unhealthy: Secure Boot is not shown to be on; tl vm attest/,
  ],
  [/^tl disk create/, [0], /^made data: /],
  [/^tl disk attach/, [0], /^attaching data to web: done$/m],
  [/^tl restore-point create/, [0], /before-update/],
  [/^tl vm delete/, [0], /done/],
  [/^tl audit verify/, [0], /none changed/],
]

test('what README tells to type makes a VM that proves its boot, and its record says so again', {
  timeout: 600_000,
}, async (t) => {
  const { type } = await aControlPlane(t)
  const lines = commandsOf(readFileSync(join(root, 'README.md'), 'utf8'))
  assert.equal(lines.length, expected.length)
  for (const [i, line] of lines.entries()) {
    const [which, codes, said] = expected[i]!
    assert.match(line, which)
    const { status, stdout, stderr } = type(line)
    assert.ok(codes.includes(status!), `${line}: ${status}: ${stderr}${stdout}`)
    assert.match(stdout, said, line)
  }
})

/** As they are typed without `npx`, which would look for this project in the folder. */
function commandsOf(readme: string): string[] {
  const [, block] = /## As a service\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)!
  return block!
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^npx /, ''))
}
