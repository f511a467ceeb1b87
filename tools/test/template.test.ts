import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { functionsDocument } from '../template/document.ts'

test('docs/template-functions.md is what the tables say', () => {
  assert.equal(readFileSync('docs/template-functions.md', 'utf8'), functionsDocument())
})
