import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'
import template from '@trusted-launch/uefi/templates/microsoft-uefi-ca.json' with { type: 'json' }
import { examineFile } from '../../src/images/examine-file.ts'

const keys = parseSecureBootTemplate(template)
const root = join(import.meta.dirname, '../../../..')
const [small] = globSync(join(root, '.cache/images/small-*/disk.raw'))
const skip = small === undefined && 'no image built yet: npm run setup builds it'
const folder = mkdtempSync(join(tmpdir(), 'examine-file-'))
after(() => rmSync(folder, { recursive: true }))

test('an image is examined in a thread of its own, raw or qcow2 alike', { skip }, async () => {
  const qcow2 = join(folder, 'disk.qcow2')
  execFileSync('qemu-img', ['convert', '-c', '-O', 'qcow2', small!, qcow2])
  const raw = await examineFile(small!, 'raw', keys)
  assert.equal(raw.securityType, 'TrustedLaunchSupported')
  assert.deepEqual(await examineFile(qcow2, 'qcow2', keys), raw)
})

test('who looks at an image can be told to stop', { skip }, async () => {
  const why = new Error('nobody wants it')
  await assert.rejects(examineFile(small!, 'raw', keys, AbortSignal.abort(why)), why)
  const ending = new AbortController()
  const looking = examineFile(small!, 'raw', keys, ending.signal)
  ending.abort(why)
  await assert.rejects(looking, why)
})

test('what is no qcow2 file, or names another one, is refused; an empty disk is reported', async () => {
  const path = join(folder, 'disk')
  writeFileSync(path, 'QFI\xfb', 'latin1')
  const unreadable = { code: 'image-unreadable' }
  await assert.rejects(examineFile(path, 'qcow2', keys), unreadable)
  execFileSync('qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    path,
    '-F',
    'raw',
    `${path}2`,
    '1M',
  ])
  await assert.rejects(examineFile(`${path}2`, 'qcow2', keys), /names another file/)
  writeFileSync(path, '')
  truncateSync(path, 4 << 20)
  assert.equal((await examineFile(path, 'raw', keys)).hyperVGeneration, 'V1')
})
