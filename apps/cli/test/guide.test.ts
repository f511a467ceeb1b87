import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { toHex } from '@trusted-launch/codec'
import { decodeEventLog, replay } from '@trusted-launch/eventlog'
import { startTools, toolsMissing } from './tpm2-tools.ts'

const root = join(import.meta.dirname, '../../..')
const guide = readFileSync(join(root, 'docs/guides/appraise-any-machine.md'), 'utf8')
const log = readFileSync(join(root, 'packages/eventlog/testdata/small-secure-boot/event-log'))

/** What each command ends with, in the guide's order, where it is not 0. */
const ends: [RegExp, number][] = [[/^tl appraise (?!.*--references)/, 4]]

test('what the guide tells to type for any machine ends as it says, with the tools of others', {
  skip: toolsMissing,
}, async (t) => {
  const tools = await startTools(t)
  for (const { pcrIndex, events } of replay(decodeEventLog(log), 'sha256').pcrs.values())
    for (const event of events)
      tools.run('tpm2_pcrextend', `${pcrIndex}:sha256=${toHex(event.digests.get('sha256')!)}`)
  writeFileSync(tools.path('binary_bios_measurements'), log)
  mkdirSync(tools.path('bin'))
  const launcher = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'apps/cli/src/main.ts')} "$@"\n`
  writeFileSync(tools.path('bin/tl'), launcher, { mode: 0o755 })
  const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]!)
  const lines = blocks.join('').trimEnd().split('\n')
  assert.ok(lines.length > 9)
  for (const line of lines.filter((one) => !one.startsWith('cp '))) {
    const end = ends.find(([which]) => which.test(line))?.[1] ?? 0
    const script = `PATH="$PWD/bin:$PATH"; ${line}; code=$?; test $code = ${end} || { echo "$code" >&2; exit 9; }`
    assert.doesNotThrow(() => tools.run('sh', '-c', script), line)
  }
})
