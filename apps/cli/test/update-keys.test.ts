import assert from 'node:assert/strict'
import test from 'node:test'
import { toUtf8 } from '@trusted-launch/codec'
import { ScriptedHost } from '@trusted-launch/service/scripted-host'
import { plainVariable, VARIABLES, variablesOfTemplate } from '@trusted-launch/uefi'
import { firmwareKeysOf, keysOf2011 } from '../../service/test/a-firmware.ts'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

const UPDATE = ['vm', 'security', 'update-keys', 'web']

test('tl vm security update-keys tells what a deallocated VM would get, warns of disk encryption, and gives it', async (t) => {
  const host = new ScriptedHost({ firmwareKeys: firmwareKeysOf(keysOf2011()) })
  await signedIn(t, host)
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const early = await tl(...UPDATE, '--dry-run')
  assert.equal(early.code, 1)
  assert.match(early.err, /Deallocate the VM first\..*\n {4}tl vm deallocate web; then/)
  await good('vm', 'deallocate', 'web')
  const dry = await good(...UPDATE, '--dry-run')
  assert.match(dry.out, /^has +KEK 2011, UEFI 2011$/m)
  assert.match(dry.out, /^would add +KEK 2023, UEFI 2023, \d+ revocations$/m)
  assert.match(dry.err, /PCR 7 changes with these\. Disk encryption/)
  assert.deepEqual((await json(...UPDATE, '--dry-run')).adds.authorities, ['KEK 2023', 'UEFI 2023'])
  assert.equal(host.firmware.size, 0)
  const done = await good(...UPDATE)
  assert.match(done.out, /^adds +KEK 2023, .*\n.*: done\ntl vm start web boots it with them$/m)
  assert.equal(host.firmware.size, 1)
  const again = await good(...UPDATE)
  assert.match(again.out, /^would add +nothing: it is up to date$/m)
  assert.equal(again.err, '')
})

test('what would keep a VM from booting is not added, and it is told what to do', async (t) => {
  const script = { firmwareKeys: firmwareKeysOf(keysOf2011()), refuses: 'loader' }
  await signedIn(t, new ScriptedHost(script))
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  await good('vm', 'deallocate', 'web')
  assert.match(
    (await good(...UPDATE, '--dry-run')).out,
    /^but +the current revocations forbid the l/m,
  )
  const refused = await tl(...UPDATE)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /forbid the loader.*\n {4}tl vm start web; update its boot loader/)
})

test('tl vm security show-keys shows what a VM’s variable store has while it runs, and what became of it', async (t) => {
  const old = keysOf2011()
  const level = plainVariable(VARIABLES.SbatLevel, toUtf8('sbat,1,2023012900\nshim,2\ngrub,3\n'))
  const variables = variablesOfTemplate(old, true).with(level)
  await signedIn(t, new ScriptedHost({ firmwareKeys: firmwareKeysOf(old), variables }))
  await good('vm', 'create', '--name', 'web', '--image', 'small')
  const { out } = await good('vm', 'security', 'show-keys', 'web')
  assert.match(out, /^Secure Boot +enforced$/m)
  assert.match(out, /^templates +MicrosoftUefiCertificateAuthorityTemplate \(UEFI 2011\)$/m)
  assert.match(out, /^SBAT level +2023012900, shim 2, grub 3$/m)
  assert.match(out, /^db +Microsoft Corporation UEFI CA 2011 +2026-06-27 +UEFI 2011 +48e99b99/m)
  assert.doesNotMatch(out, /hashes/)
  await good('vm', 'deallocate', 'web')
  await good(...UPDATE)
  const after = await good('vm', 'security', 'show-keys', 'web')
  assert.match(after.out, /^dbx +\d+ hashes$/m)
  const shown = await json('vm', 'security', 'show-keys', 'web')
  assert.deepEqual(shown.microsoftAuthorities, ['KEK 2011', 'KEK 2023', 'UEFI 2011', 'UEFI 2023'])
})
