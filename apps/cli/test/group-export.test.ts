import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { good, json, signedIn } from './a-control-plane.ts'
import { tl } from './a-run.ts'

test('tl group export writes a template that tl deployment create makes the same of in another group', async (t) => {
  const { data } = await signedIn(t)
  await good('vm', 'create', '--name', 'web', '--image', 'small', '--group', 'shop')
  const { out, err } = await good('group', 'export', 'shop')
  assert.equal(err, '')
  const file = join(data, 'shop.json')
  writeFileSync(file, out)
  await good('deployment', 'create', 'again', '--group', 'copy', '--template', file)
  const [was, is] = await Promise.all(
    ['shop', 'copy'].map((group) => json('vm', 'show', 'web', '--group', group)),
  )
  assert.deepEqual(is.properties.securityProfile, was.properties.securityProfile)
  assert.deepEqual(is.properties.osProfile, was.properties.osProfile)
  assert.notEqual(is.properties.vmId, was.properties.vmId)
  assert.equal((await tl('group', 'export', 'none')).code, 1)
})
