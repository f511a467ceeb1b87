import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toUtf16le } from '@trusted-launch/codec'
import { digestHex } from '@trusted-launch/crypto'
import { learnChange } from '../src/learn-change.ts'
import { measuredAs } from '../src/measured-as.ts'
import { of, withStep } from './appraised.ts'
import { commandLine, evidenceOf, grub } from './boot.ts'

const banks = ['sha256', 'sha384']
/** The digest of a command line that is not the one expected. */
function digestOf(text: string): { readonly after: string; readonly digest: string } {
  const steps = withStep(of('kernel command line', 8), commandLine(text))
  const command = grub(`linuxefi ${text}`)
  const boot = steps.with(steps.findIndex(of('grub.cfg', 8)), command)
  const { differences } = learnChange(evidenceOf(boot), 'x')!
  const found = differences.find(({ component }) => component === 'kernel command line')!
  return { after: found.after!, digest: found.digest! }
}

test('a text is measured as itself alone, whatever is shown of it', () => {
  const [one, other] = ['/vmlinuz a=Gr\u00fcn', '/vmlinuz a=Gr\u00e9n'].map(digestOf)
  assert.equal(one!.after, other!.after)
  const given = measuredAs('/vmlinuz a=Gr\u00fcn', banks)
  assert.ok(given.includes(one!.digest))
  assert.ok(!given.includes(other!.digest))
  assert.ok(!measuredAs(one!.after, banks).includes(one!.digest))
  assert.ok(measuredAs(digestOf('/vmlinuz b').after, banks).includes(digestOf('/vmlinuz b').digest))
})

test('a text is known as systemd measures it, and a digest as itself', () => {
  const wide = digestHex('sha256', toUtf16le('root=LABEL=\u65e5\0'))
  assert.ok(measuredAs('root=LABEL=\u65e5', banks).includes(wide))
  assert.deepEqual(measuredAs(wide, banks), [wide])
  assert.deepEqual(measuredAs('text', ['sm3']), [])
})
