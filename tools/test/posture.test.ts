import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ALERT_KINDS, RECOMMENDATIONS } from '@trusted-launch/posture'
import { alertsDocument, recommendationsDocument } from '../posture/documents.ts'

test('docs/recommendations.md and docs/alerts.md are what the tables say', () => {
  assert.equal(readFileSync('docs/recommendations.md', 'utf8'), recommendationsDocument())
  assert.equal(readFileSync('docs/alerts.md', 'utf8'), alertsDocument())
})

test('each recommendation and each alert has a part of its own in its document', () => {
  for (const [id, { title }] of Object.entries(RECOMMENDATIONS))
    assert.ok(recommendationsDocument().includes(`\n## ${title}\n\n\`${id}\``), id)
  for (const [type, { title }] of Object.entries(ALERT_KINDS))
    assert.ok(alertsDocument().includes(`\n## ${title}\n\n\`${type}\``), type)
})
