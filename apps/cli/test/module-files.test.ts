import assert from 'node:assert/strict'
import test from 'node:test'
import { toHex, toUtf8 } from '@trusted-launch/codec'
import { digest } from '@trusted-launch/crypto'
import { newAuthority, newKey, recordedInput, recordOf } from './a-record.ts'
import { fileOf, tl } from './a-run.ts'

const input = recordedInput(newAuthority('an authority'))
const evidence = { ...input.evidence, moduleMessages: ['evil: module license taints kernel.'] }
const record = fileOf('record.json', recordOf({ ...input, evidence }, newKey()))
const module = toUtf8('a module that nobody measured')
const file = fileOf('evil.ko', module)
const appraise = ['appraise', record, '--inner']

test('of a module that IMA did not measure no signer is told, and the verdict is the same', async () => {
  const { code, out } = await tl(...appraise, '--module-file', file)
  const sha256 = toHex(digest('sha256', module))
  assert.ok(out.startsWith(`${file}: PCR 10 vouches for no entry`), out)
  assert.ok(out.includes(`sha256 ${sha256}\n`), out)
  const without = await tl(...appraise)
  assert.equal(code, without.code)
  assert.ok(out.endsWith(without.out))
  const json = await tl(...appraise, '--module-file', file, '--json')
  const { modules, ...view } = JSON.parse(json.out)
  assert.deepEqual(modules, [{ file, sha256, entries: [], paths: [], signers: null }])
  assert.deepEqual(view, JSON.parse((await tl(...appraise, '--json')).out))
})

test('what a guest says that its kernel wrote of modules is in the verdict, not verified', async () => {
  const { out } = await tl(...appraise, '--json')
  const { claims, findings } = JSON.parse(out)
  assert.equal(claims['module-messages'].verified, false)
  const found = findings.find(({ id }: { id: string }) => id === 'module.reported')
  assert.deepEqual([found.severity, found.component], ['info', 'kernel module evil'])
})

test('a module file that is something else is named as what it looks like, and malformed', async () => {
  const { code, err } = await tl(...appraise, '--module-file', record)
  assert.equal(code, 5)
  assert.match(err, /not a kernel module: it looks like an appraisal record/)
  const missing = await tl(...appraise, '--module-file', '/nonexistent.ko')
  assert.deepEqual([missing.code, /there is no such file/.test(missing.err)], [1, true])
})
