import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toUtf8 } from '@trusted-launch/codec'
import { parsePolicy } from '../src/policy.ts'
import { parseReferenceValues } from '../src/reference-values.ts'

const readers = {
  'reference-values': parseReferenceValues,
  policy: parsePolicy,
} as const satisfies Record<string, (bytes: Uint8Array) => unknown>

for (const name of Object.keys(readers) as (keyof typeof readers)[])
  test(`every JSON example in docs/${name}.md reads`, () => {
    const text = readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8')
    const examples = [...text.matchAll(/<!-- example: ([a-z-]+) -->\n```json\n(.*?)```/gs)]
    assert.ok(examples.length > 0)
    for (const [, kind, json] of examples) readers[kind as keyof typeof readers](toUtf8(json!))
  })
