import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { trustedIssuersIn } from '../../src/identity/trusted-issuers.ts'

test('a file names issuers, whole; no file names none; anything else starts nothing', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tl-trusted-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'trusted-issuers.json')
  assert.deepEqual(await trustedIssuersIn(path), [])
  const good = { issuer: 'https://idp.example', audiences: ['us'] }
  await writeFile(path, JSON.stringify([good, { ...good, nameClaim: 'email' }]))
  assert.equal((await trustedIssuersIn(path)).length, 2)
  for (const bad of [
    '[',
    '{}',
    JSON.stringify([{ ...good, issuer: 'http://idp.example' }]),
    JSON.stringify([{ ...good, audiences: [] }]),
    JSON.stringify([{ ...good, audience: 'us' }]),
    JSON.stringify([{ ...good, audiences: 'us' }]),
    JSON.stringify(Array(33).fill(good)),
  ]) {
    await writeFile(path, bad)
    await assert.rejects(trustedIssuersIn(path), TypeError, bad)
  }
})
