import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FIRST_LOAD_BYTES_MAX, type Loaded, withSizes } from '../portal-sizes/sizes.ts'

const built: readonly Loaded[] = JSON.parse(readFileSync('.cache/portal/sizes.json', 'utf8'))

test('a first visit to the portal, as it is built, loads 350 KB at most, no chart and no console', () => {
  const [first, ...parts] = built
  assert.equal(first!.name, 'first load')
  assert.ok(first!.bytes <= FIRST_LOAD_BYTES_MAX, `${first!.bytes}`)
  for (const heavy of ['integrity-chart', 'console/serial', 'console/screen']) {
    const part = parts.find(({ name }) => name.endsWith(`/${heavy}.tsx`))!
    assert.ok(part.bytes > 20 * 1024, `${heavy} brings what draws it`)
  }
})

test('the table of sizes is written in its place, again and again, and nothing else is touched', () => {
  const sizes = [
    { name: 'first load', bytes: 2048 },
    { name: 'src/pages/disks.tsx', bytes: 1536 },
    { name: 'src/icon.svg', bytes: 1 },
  ]
  const place = 'before\n\n<!-- sizes of the portal -->\n<!-- end -->\n\nafter\n'
  const written = withSizes(place, sizes)
  assert.match(
    written,
    /^before\n\n[\s\S]*\| first load \| 2\.0 \(at most 350\.0\) \|\n\| `pages\/disks/,
  )
  assert.match(written, /\| 1\.5 \|\n\n<!-- end -->\n\nafter\n$/)
  assert.doesNotMatch(written, /icon/)
  assert.equal(withSizes(written, sizes), written)
  assert.throws(() => withSizes('nothing of it', sizes), /no <!-- sizes/)
})
