import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllowedSource } from '../src/domain/sources.ts'
import { remember, settingsOf } from '../src/settings.ts'

test('all that a start was told is remembered, and what is given replaces it member by member', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tl-settings-'))
  t.after(() => rmSync(data, { recursive: true }))
  const told = {
    ...{ hostData: '/srv/vms', location: 'here', publicNames: ['a.example'] },
    database: { url: 'postgres://u@/d', passwordFile: '/srv/password' },
    allowedSources: [parseAllowedSource('http://10.0.0.7:81', true)],
  }
  await remember(data, settingsOf(data, told))
  assert.deepEqual(settingsOf(data), told)
  assert.deepEqual(settingsOf(data, { location: 'there', allowedSources: [] }), {
    ...{ ...told, location: 'there', allowedSources: [] },
  })
})
